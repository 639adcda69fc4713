# SPDX-License-Identifier: LGPL-2.1-or-later
"""Headless Chromium for the tests of pictures and pages."""
import os
import shutil
import tempfile

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.actions.action_builder import ActionBuilder

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

    def click(self, el):
        ActionChains(self.driver).move_to_element(el).click().perform()

    def said(self):
        return self.js('return [...document.querySelectorAll(".tip text")].map(e => e.textContent)')

    def keys(self, *keys):
        ActionChains(self.driver).send_keys(*keys).perform()

    def dark(self, on):
        self.driver.execute_cdp_cmd('Emulation.setEmulatedMedia', {'features': [
            {'name': 'prefers-color-scheme', 'value': 'dark'}] if on else []})


def run(folder, parts):
    """Run each part with a page of the folder; 0: nothing failed."""
    profile = tempfile.mkdtemp(prefix='pdiag-chromium-')
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which('chromium')
    for flag in FLAGS + ['--user-data-dir=' + profile]:
        options.add_argument(flag)
    options.set_capability('goog:loggingPrefs', {'browser': 'ALL'})
    driver = webdriver.Chrome(service=Service(shutil.which('chromedriver')), options=options)
    page = Page(driver, os.path.abspath(folder))
    try:
        for part in parts:
            part(page)
    finally:
        driver.quit()
        shutil.rmtree(profile, ignore_errors=True)
    print('%d failed' % page.failed)
    return 1 if page.failed else 0
