# SPDX-License-Identifier: LGPL-2.1-or-later
"""Opens the trend charts of a folder in headless Chromium, uses them, and takes pictures."""
import os
import sys

from selenium.webdriver.common.keys import Keys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))
sys.dont_write_bytecode = True
from browser import run  # noqa: E402


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


if __name__ == '__main__':
    sys.exit(run(sys.argv[1], (incident, others, embedded)))
