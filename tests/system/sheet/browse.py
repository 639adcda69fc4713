# SPDX-License-Identifier: LGPL-2.1-or-later
"""Opens portrait sheets in headless Chromium, measures them, and takes pictures."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))
sys.dont_write_bytecode = True
from browser import run  # noqa: E402

# Texts that stand beyond the picture, or on one another.
OUTSIDE = '''
    const all = document.documentElement.getBoundingClientRect();
    return [...document.querySelectorAll("text, rect, path")].filter(e => {
        const b = e.getBoundingClientRect();
        return b.right > all.right + 0.5 || b.bottom > all.bottom + 0.5 || b.left < -0.5;
    }).map(e => e.textContent.slice(0, 40));'''
OVERLAP = '''
    const boxes = [...document.querySelectorAll("text")].map(e =>
        [e.textContent.slice(0, 40), e.getBoundingClientRect()]).filter(b => b[1].width);
    const found = [];
    for (let i = 0; i < boxes.length; i++)
        for (let k = i + 1; k < boxes.length; k++) {
            const a = boxes[i][1], b = boxes[k][1];
            if (Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 &&
                Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 4)
                found.push(boxes[i][0] + " | " + boxes[k][0]);
        }
    return found;'''


def sheet(page, name):
    page.open(name + '.svg')
    page.shot(name)
    page.check('all is in the picture: ' + name, page.js(OUTSIDE), [])
    page.check('nothing stands on anything: ' + name, page.js(OVERLAP), [])
    page.check('no script: ' + name,
               page.js('return document.querySelectorAll("script").length'), 0)
    page.quiet(name + '.svg')


def data_base(page):
    sheet(page, 'plain')
    page.check('17 rows without a profile',
               page.js('return document.querySelectorAll(".row").length'), 17)
    page.check('each with its line',
               page.js('return document.querySelectorAll(".row .spark .line").length'), 17)
    sheet(page, 'profile')
    page.check('22 rows with one',
               page.js('return document.querySelectorAll(".row").length'), 22)
    page.check('what it is', page.js('return document.querySelector(".badge").textContent'),
               'storage')
    page.check('parts of the bar have their names', page.js(
        'return [...document.querySelectorAll("rect title")].map(e => e.textContent)'),
        lambda t: any(s.startswith('storage ') for s in t))
    page.dark(True)
    page.shot('profile-dark')
    page.dark(False)


def others(page):
    for name in 'odd', 'new', 'idle':
        sheet(page, name)


def embedded(page):
    with open(os.path.join(page.folder, 'img.html'), 'w', encoding='utf-8') as f:
        f.write('<!DOCTYPE html><title>t</title><img src="profile.svg" width="700">')
    page.open('img.html')
    page.check('it is an image in a page', page.js('return document.images[0].naturalWidth'), 960)


if __name__ == '__main__':
    sys.exit(run(sys.argv[1], (data_base, others, embedded)))
