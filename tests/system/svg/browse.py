# SPDX-License-Identifier: LGPL-2.1-or-later
"""Opens the flame graphs of a folder in headless Chromium, uses them, and takes pictures."""
import os
import shutil
import sys
import tempfile

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking',
         '--disable-component-update', '--disable-sync', '--no-first-run', '--hide-scrollbars',
         '--force-color-profile=srgb', '--window-size=1300,760']


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

    def frame(self, name, nth=0):
        """The box of the nth frame with this name."""
        return self.js('''
            const svg = document.querySelector('svg');
            const data = JSON.parse(svg.querySelector('.pdiag-data').textContent);
            return [...svg.querySelectorAll('.boxes rect')].filter(el =>
                data.names[el.getAttribute('data-f').split(' ')[0]][0] === arguments[0]
                )[arguments[1]];''', name, nth)

    def width(self, el):
        if el.get_attribute('display') == 'none':
            return 0
        return float(el.get_attribute('width'))

    def find(self, css):
        return self.driver.find_element('css selector', css)

    def keys(self, *keys):
        ActionChains(self.driver).send_keys(*keys).perform()

    def hover(self, el):
        ActionChains(self.driver).move_to_element(el).perform()
        return self.js('return document.querySelector(".tip").textContent')

    def click(self, el):
        ActionChains(self.driver).move_to_element(el).click().perform()

    def search(self, text):
        field = self.find('.tools input')
        # send_keys() to an element does not work in an SVG document.
        ActionChains(self.driver).move_to_element(field).click().key_down(Keys.CONTROL) \
            .send_keys('a').key_up(Keys.CONTROL).send_keys(text).perform()
        return self.find('.tools output').text

    def focused(self):
        return self.js('const el = document.activeElement;'
                       'return el ? el.getAttribute("aria-label") || el.localName : "nothing"')


def near(wanted, slack=1.0):
    return lambda value: abs(value - wanted) <= slack


def zoom(page):
    inner = page.width(page.frame('all'))
    compress, server, node = page.frame('compress'), page.frame('server'), page.frame('node')
    page.check('the window is filled', inner, near(1280, 2))
    page.check('compress has a tenth', page.width(compress), near(inner / 10))
    page.click(compress)
    page.check('a click zooms', page.width(compress), near(inner))
    page.check('what is called fills it, too', page.width(page.frame('hot_loop', 0)), near(inner))
    page.check('callers stay, as wide', page.width(server), near(inner))
    page.check('callers are dim', server.get_attribute('class'), lambda c: 'dim' in c)
    page.check('others are hidden', page.width(node), 0)
    page.shot('flame-zoomed')
    page.click(page.frame('main'))
    page.check('a caller can be zoomed to', page.width(compress), near(inner * 100 / 750))
    page.keys(Keys.BACKSPACE)
    page.check('Backspace goes back', page.width(compress), near(inner))
    page.keys(Keys.ESCAPE)
    page.check('Escape shows all', page.width(compress), near(inner / 10))
    page.check('and nobody is dim', page.js('return document.querySelectorAll(".dim").length'), 0)
    page.click(compress)
    page.find('.tools button:nth-of-type(2)').click()
    page.check('the button shows all', page.width(compress), near(inner / 10))
    page.check('the focus is back on a frame', page.focused(), lambda t: t.startswith('compress,'))


def search(page):
    page.check('a stack counts once', page.search('hot_loop'), 'Matched 30.00 %')
    page.check('all four boxes are marked',
               page.js('return document.querySelectorAll(".boxes .hit").length'), 4)
    page.shot('flame-search')
    page.check('an expression', page.search('^(ext4_|__vdso)'), 'Matched 16.00 %')
    page.check('callers cover what they call', page.search('_start|hot_loop'), 'Matched 95.00 %')
    page.check('no match', page.search('nothing_like_it'), 'No match')
    page.check('capitals count where they are used', page.search('Hot_Loop'), 'No match')
    page.check('not an expression', page.search('('), 'Not a valid pattern')
    page.search('hot_loop')
    page.keys(Keys.ENTER)
    page.check('Enter goes to a match', page.focused(), lambda t: t.startswith('hot_loop, '))
    first = page.js('return document.activeElement.getAttribute("x") + " " +'
                    'document.activeElement.getAttribute("y")')
    page.keys('n')
    second = page.js('return document.activeElement.getAttribute("x") + " " +'
                     'document.activeElement.getAttribute("y")')
    page.check('n goes on', second, lambda s: s != first)
    page.keys('p')
    page.check('p goes back', page.js('return document.activeElement.getAttribute("x") + " " +'
                                      'document.activeElement.getAttribute("y")'), first)
    page.click(page.frame('serve(Connection&, Request const&)'))
    page.check('the share of the zoom', page.find('.tools output').text,
               lambda t: t.startswith('Matched 30.00 % (zoom 44.78 %'))
    page.keys(Keys.ESCAPE)
    page.keys(Keys.ESCAPE)
    page.check('Escape ends the search', page.find('.tools output').text, '')
    page.keys('/')
    page.check('/ searches', page.js('return document.activeElement.localName'), 'input')
    page.keys(Keys.ESCAPE)
    page.check('Escape leaves the field', page.js('return document.activeElement.localName'),
               'rect')
    ActionChains(page.driver).key_down(Keys.CONTROL).send_keys('f').key_up(Keys.CONTROL).perform()
    page.check('Ctrl-F searches', page.js('return document.activeElement.localName'), 'input')
    page.keys(Keys.ESCAPE)


def keyboard(page):
    page.js('document.querySelector(".boxes rect").focus()')
    page.check('the root can be focused', page.focused(), lambda t: t.startswith('all, '))
    page.keys(Keys.ARROW_UP)
    page.check('up: the widest that is called', page.focused(), lambda t: t.startswith('server, '))
    page.keys(Keys.ARROW_LEFT)
    page.check('left', page.focused(), lambda t: t.startswith('node, '))
    page.keys(Keys.ARROW_UP, Keys.ENTER)
    page.check('Enter zooms', page.width(page.frame('node::Start')), near(1280, 2))
    page.keys(Keys.ARROW_DOWN)
    page.check('down: the caller', page.focused(), lambda t: t.startswith('node, '))
    page.keys(Keys.ESCAPE)
    y = float(page.frame('all').get_attribute('y'))
    page.keys('i')
    page.check('i turns it over', float(page.frame('all').get_attribute('y')), lambda v: v < y)
    page.keys(Keys.ARROW_DOWN)
    page.check('down now goes up the stack', page.focused(),
               lambda t: t.startswith('_start, '))
    page.shot('flame-icicle')
    page.keys('i')


def tooltips(page):
    tip = page.hover(page.frame('std::vector<std::pair<std::string, json::value>>::parse'))
    page.check('tooltip: name', tip,
               lambda t: t.startswith('std::vector<std::pair<std::string, json::value>>::parse'))
    page.check('tooltip: kind and file', tip, lambda t: 'user · /usr/bin/app' in t)
    page.check('tooltip: count', tip, lambda t: '250 samples (2.50 s)' in t)
    page.check('tooltip: shares', tip,
               lambda t: '25.00 % of all · 37.31 % of its caller' in t)
    page.shot('flame-tooltip')
    tip = page.hover(page.frame('[unknown libcrypto.so.3]'))
    page.check('tooltip: why there is no name', tip, lambda t: 'No name: the file has no' in t)


def flame(page):
    page.open('flame.svg')
    page.shot('flame')
    zoom(page)
    search(page)
    keyboard(page)
    tooltips(page)
    page.driver.set_window_size(700, 760)
    page.check('a narrow window is filled', page.width(page.frame('all')), near(680, 3))
    page.shot('flame-narrow')
    page.driver.set_window_size(1300, 760)
    page.quiet('flame.svg')
    page.driver.execute_cdp_cmd('Emulation.setEmulatedMedia', {
        'features': [{'name': 'prefers-color-scheme', 'value': 'dark'}]})
    page.shot('flame-dark')
    page.driver.execute_cdp_cmd('Emulation.setEmulatedMedia', {'features': []})


def diff(page):
    page.open('diff.svg')
    page.check('more is red', page.frame('hot_loop', 3).get_attribute('class'),
               lambda c: c.startswith('p'))
    page.check('less is blue', page.frame('parse_number').get_attribute('class'),
               lambda c: c.startswith('n'))
    page.check('gone is hatched', page.frame('compress').get_attribute('class'),
               lambda c: c.startswith('g'))
    tip = page.hover(page.frame('compress'))
    page.check('tooltip: gone', tip, lambda t: 'before 10.00 %' in t and 'after 0.00 %' in t and
               '−10.00 points, gone' in t)
    page.shot('diff')
    page.check('matched before and after', page.search('hot_loop'),
               'Matched 30.00 % → 35.71 %')
    page.click(page.frame('compress'))
    page.check('what is gone can be zoomed', page.width(page.frame('compress')), near(1280, 2))
    page.quiet('diff.svg')


def others(page):
    page.open('hostile.svg')
    page.check('no script came in by a name',
               page.js('return document.querySelectorAll("script").length'), 2)
    page.check('a name is shown as it is', page.hover(page.frame('<script>alert(1)</script>')),
               lambda t: t.startswith('<script>alert(1)</script>\n'))
    page.check('control characters are spelled out',
               page.js('return document.querySelector(".pdiag-data").textContent'),
               lambda t: 'new\\\\x0aline\\\\x0d\\\\x09tab' in t)
    page.shot('hostile')
    page.quiet('hostile.svg')
    page.open('empty.svg')
    page.check('an empty profile has its root', page.width(page.frame('all')), near(1280, 2))
    page.quiet('empty.svg')
    page.open('waiting.svg')
    page.js('window.scrollTo(0, 1e6)')
    page.check('waits have their mark', page.hover(page.frame('[off-cpu: futex]')),
               lambda t: '3,000,000 µs' in t)
    page.shot('waiting')
    page.quiet('waiting.svg')
    page.open('large.svg')
    page.shot('large')
    page.quiet('large.svg')


def embedded(page):
    with open(os.path.join(page.folder, 'img.html'), 'w', encoding='utf-8') as f:
        f.write('<!DOCTYPE html><title>t</title><p>In a page:<p><img src="flame.svg" width="900">')
    page.open('img.html')
    page.check('it is an image in a page',
               page.js('return document.images[0].naturalWidth'), 1200)
    page.shot('flame-img')
    with open(os.path.join(page.folder, 'flame.svg'), encoding='utf-8') as f:
        svg = f.read().split('?>', 1)[1]
    with open(os.path.join(page.folder, 'inline.html'), 'w', encoding='utf-8') as f:
        f.write('<!DOCTYPE html><meta charset="utf-8"><title>t</title><p>In a page:'
                '<div style="width:1000px">' + svg + '</div>')
    page.open('inline.html')
    compress = page.frame('compress')
    page.click(compress)
    page.check('it zooms inside of HTML', page.width(compress), near(980, 2))
    page.shot('flame-inline')
    page.quiet('inline.html')


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
        for part in (flame, diff, others, embedded):
            part(page)
    finally:
        driver.quit()
        shutil.rmtree(profile, ignore_errors=True)
    print('%d failed' % page.failed)
    return 1 if page.failed else 0


if __name__ == '__main__':
    sys.exit(main())
