# SPDX-License-Identifier: LGPL-2.1-or-later
"""Opens the trend charts of a folder in headless Chromium, uses them, and takes pictures."""
import os
import shutil
import sys
import tempfile

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.actions.action_builder import ActionBuilder
from selenium.webdriver.common.keys import Keys

FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking',
         '--disable-component-update', '--disable-sync', '--no-first-run', '--hide-scrollbars',
         '--force-color-profile=srgb', '--window-size=1220,1300']


class Page:
    def __init__(self, driver, folder):
        self.driver, self.folder, self.failed = driver, folder, 0

    def open(self, name):
        self.driver.get('file://' + os.path.join(self.folder, name))

    def shot(self, name):
        self.driver.save_screenshot(os.path.join(self.folder, name + '.png'))

    def check(self, what, value, wanted):
        good = wanted(value) if callable(wanted) else value == wanted
        print('%s: %s%s' % ('ok' if good else 'FAILED', what,
                            '' if good else ', got %r' % (value,)))
        self.failed += not good

    def js(self, code, *args):
        return self.driver.execute_script(code, *args)

    def quiet(self, what):
        log = [e['message'] for e in self.driver.get_log('browser')]
        self.check('no message in the console: ' + what, log, [])
        loads = self.js('return performance.getEntriesByType("resource").map(e => e.name)')
        self.check('nothing loaded: ' + what, loads, [])

    def hover(self, x, y):
        """What is said there: the rows of all boxes."""
        mouse = ActionBuilder(self.driver)
        mouse.pointer_action.move_to_location(int(x), int(y))
        mouse.perform()
        return self.said()

    def said(self):
        return self.js('return [...document.querySelectorAll(".tip text")].map(e => e.textContent)')

    def keys(self, *keys):
        ActionChains(self.driver).send_keys(*keys).perform()

    def dark(self, on):
        self.driver.execute_cdp_cmd('Emulation.setEmulatedMedia', {'features': [
            {'name': 'prefers-color-scheme', 'value': 'dark'}] if on else []})


def incident(page):
    page.open('incident.svg')
    page.shot('incident')
    page.check('nothing is said before', page.said(), [])
    # 600 points on 1,098 pixels from 86 on: the one of 335 s.
    said = page.hover(86 + 335 / 599 * 1098, 300)
    page.check('all panels speak', len(said), 9)
    page.check('both clocks', said[3],
               '2026-11-24 15:40:35.000 UTC+01:00  ·  86,735.000 s since boot')
    page.check('the value of each series', said[0], lambda t: t.startswith('1m  17 threads'))
    page.check('with its unit', said[4], lambda t: t.endswith(' %'))
    page.check('and prefix', said[5], lambda t: t.startswith('read  ') and t.endswith(' MiB/s'))
    page.shot('incident-hover')
    page.check('in the legend, too', page.js(
        'return document.querySelector(".entry").textContent'),
        lambda t: 'last 2.42' in t.replace('  ', ' '))
    said = page.hover(86 + 170 / 599 * 1098, 800)
    page.check('a gap has no value', said[6:8], lambda t: 'no data' in t)
    said = page.hover(1180, 300)
    page.check('boxes stay in the picture', page.js('''return Math.max(...[...document
        .querySelectorAll(".tip rect")].map(r => r.getBoundingClientRect().right))'''),
        lambda v: v <= 1200)
    page.keys(Keys.ESCAPE)
    page.check('Escape takes them away', page.said(), [])
    page.keys(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    page.check('arrows go from point to point',
               page.said(), lambda t: any('15:35:01.000' in row for row in t))
    page.hover(600, 5)
    page.check('outside there is nothing', page.said(), [])
    page.quiet('incident.svg')
    page.dark(True)
    page.shot('incident-dark')
    page.dark(False)


def others(page):
    page.open('long.svg')
    said = page.hover(449, 180)
    page.check('many points: mean and range', said[0],
               lambda t: t.startswith('29.6 requests/s  (') and ' to ' in t)
    page.shot('long')
    page.quiet('long.svg')
    page.open('clocks.svg')
    said = page.hover(86 + 500 / 1199 * 1098, 200)
    page.check('the clock as it was set', said[1] + said[0],
               lambda t: '2026-11-25 00:10:19.000 UTC+01:00' in t and '86,899.000' in t)
    said = page.hover(86 + 1100 / 1199 * 1098, 200)
    page.check('another zone', said[1] + said[0], lambda t: 'UTC+02:00' in t)
    page.check('jumps are marked',
               page.js('return [...document.querySelectorAll(".jumped")].map(e =>'
                       'e.firstChild.textContent)'),
               ['wall clock +1:02:00', 'wall clock −0:30:30', 'now UTC+02:00'])
    page.shot('clocks')
    page.quiet('clocks.svg')
    page.open('odd.svg')
    page.check('no script came in by a name',
               page.js('return document.querySelectorAll("script").length'), 2)
    said = page.hover(600, 500)
    page.check('odd series speak, too', said, lambda t: 'no data' in t and '42 B' in t)
    page.shot('odd')
    page.quiet('odd.svg')
    page.open('many.svg')
    page.hover(600, 500)
    page.shot('many')
    page.quiet('many.svg')


def embedded(page):
    with open(os.path.join(page.folder, 'img.html'), 'w', encoding='utf-8') as f:
        f.write('<!DOCTYPE html><title>t</title><img src="incident.svg" width="900">')
    page.open('img.html')
    page.check('it is an image in a page',
               page.js('return document.images[0].naturalWidth'), 1200)
    page.shot('incident-img')


def main():
    folder = os.path.abspath(sys.argv[1])
    profile = tempfile.mkdtemp(prefix='pdiag-chromium-')
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which('chromium')
    for flag in FLAGS + ['--user-data-dir=' + profile]:
        options.add_argument(flag)
    options.set_capability('goog:loggingPrefs', {'browser': 'ALL'})
    driver = webdriver.Chrome(service=Service(shutil.which('chromedriver')), options=options)
    page = Page(driver, folder)
    try:
        for part in (incident, others, embedded):
            part(page)
    finally:
        driver.quit()
        shutil.rmtree(profile, ignore_errors=True)
    print('%d failed' % page.failed)
    return 1 if page.failed else 0


if __name__ == '__main__':
    sys.exit(main())
