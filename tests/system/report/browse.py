# SPDX-License-Identifier: LGPL-2.1-or-later
"""Opens the reports of a folder in headless Chromium, uses them, and takes pictures."""
import os
import sys

from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))
sys.dont_write_bytecode = True
from browser import run  # noqa: E402


def text(page, css):
    return page.js('return document.querySelector(arguments[0]).textContent', css)


def graph(page, nth):
    """The nth flame graph."""
    page.js('document.querySelectorAll(".picture svg.pdiag")[arguments[0]].scrollIntoView()', nth)
    return page.js('return document.querySelectorAll(".picture svg.pdiag")[arguments[0]]', nth)


def frame(page, nth, name):
    return page.js('''
        const svg = document.querySelectorAll(".picture svg.pdiag")[arguments[0]];
        const data = JSON.parse(svg.querySelector(".pdiag-data").textContent);
        return [...svg.querySelectorAll(".boxes rect")].find(el =>
            data.names[el.getAttribute("data-f").split(" ")[0]][0] === arguments[1]);''',
                   nth, name)


def tip(page, nth, el):
    ActionChains(page.driver).move_to_element(el).perform()
    return page.js('return arguments[0].querySelector(".tip").textContent', graph(page, nth))


def width(el):
    return 0 if el.get_attribute('display') == 'none' else float(el.get_attribute('width'))


def head(page):
    page.open('full.html')
    page.shot('full')
    page.check('what', text(page, 'h1'), 'runnable threads: 17, ordinarily 0 to 3')
    page.check('how bad', text(page, '.badge'), 'critical')
    page.check('when', text(page, '.lead'), lambda t: '2026-11-24 15:36:00.200 UTC+01:00' in t
               and 'lasted 69.8 s' in t and 'found after 2.10 s' in t)
    page.check('who', text(page, '.blame li'), 'backup (pid 900) runs: 1.50 CPUs, normally 0')
    page.check('all sections', page.js(
        'return [...document.querySelectorAll("h2")].map(e => e.textContent)'),
        ['Most likely', 'What', 'When', 'Trend', 'Culprits', 'On the CPU', 'Off the CPU',
         'Tasks at one moment', 'Metrics that took part', 'Evidence'])
    page.check('one chart and three flame graphs', page.js(
        'return [document.querySelectorAll("svg.pdiag-trend").length,'
        'document.querySelectorAll("svg.pdiag").length]'), [1, 3])
    page.check('no wider than the window', page.js(
        'return document.documentElement.scrollWidth'), lambda w: w <= 1220)


def chart(page):
    box = page.js('const s = document.querySelector("svg.pdiag-trend"); s.scrollIntoView();'
                  'const b = s.getBoundingClientRect(); return [b.left, b.top, b.width / 1200]')
    # 180 points; the one of 100 s.
    said = page.hover(box[0] + (86 + 100 / 179 * 1098) * box[2], box[1] + 130 * box[2])
    page.check('the chart tells both clocks', said, lambda t: any(
        '15:36:40.000 UTC+01:00' in row and '86,500.000 s since boot' in row for row in t))
    page.check('and the values of its panels', said, lambda t: len(t) == 9 and any(
        row.endswith(' MiB/s') for row in t) and any(row.endswith(' threads') for row in t))
    page.check('the event is shaded in all six', page.js(
        'return document.querySelectorAll(".pdiag-trend .shade.critical").length'), 6)
    page.check('and the ordinary range shown', page.js(
        'return document.querySelectorAll(".pdiag-trend .panel .ordinary").length'), 4)
    page.shot('full-chart')


def graphs(page):
    inner = width(frame(page, 0, 'all'))
    page.check('more is red', frame(page, 0, 'longest_match').get_attribute('class'),
               lambda c: c.startswith('p'))
    graph(page, 0)
    page.check('a difference tells both', tip(page, 0, frame(page, 0, 'mysqld')),
               lambda t: 'before 60.00 %' in t and 'after 9.09 %' in t)
    page.click(frame(page, 0, 'mysqld'))
    page.check('a click zooms', width(frame(page, 0, 'mysqld')), lambda w: abs(w - inner) < 2)
    page.check('in this graph only', width(frame(page, 1, 'all')) and width(
        frame(page, 2, 'backup')), lambda w: w < inner - 2)
    graph(page, 1)
    page.check('the other one has waits', tip(page, 1, frame(page, 1, '[off-cpu: io]')),
               lambda t: t.startswith('[off-cpu: io]'))
    page.check('without those that rest', frame(page, 1, '[off-cpu: poll]'), None)
    page.check('what is gone is hatched', page.js(
        'return getComputedStyle(arguments[0]).fill', frame(page, 1, '[off-cpu: futex]')),
        lambda f: 'pdiag-gone' in f)
    page.check('the pattern is where the browser looks', page.js(
        'return document.querySelectorAll("#pdiag-gone pattern, pattern#pdiag-gone").length'),
        lambda n: n >= 1)
    page.shot('full-graphs')
    graph(page, 2)
    page.check('tasks are counted as tasks', tip(page, 2, frame(page, 2, 'io_schedule')),
               lambda t: '11 tasks' in t and 'µs' not in t)
    page.keys(Keys.ESCAPE)
    page.shot('full-tasks')


def tables(page):
    page.check('stacks are folded', page.js(
        'return [...document.querySelectorAll(".culprits details")].map(d => d.open)'),
        [False, False])
    page.js('document.querySelector(".culprits summary").scrollIntoView()')
    page.click(page.js('return document.querySelector(".culprits summary")'))
    page.check('and unfold', page.js(
        'const d = document.querySelector(".culprits details");'
        'return [d.open, d.querySelectorAll("li").length]'), [True, 4])
    page.check('tasks are grouped by stack', page.js(
        'return [...document.querySelectorAll(".tasks tbody tr")].map(r =>'
        'r.cells[0].textContent + " " + r.cells[1].textContent)'),
        ['14 io', '9 wants to run', '6 wants to run', '2 on a CPU'])
    page.check('with who', page.js('return document.querySelector(".tasks tbody").rows[0]'
                                   '.cells[2].textContent'), 'postgres ×3, mysqld ×11')
    page.shot('full-tables')
    page.quiet('full.html')
    page.dark(True)
    page.js('window.scrollTo(0, 0)')
    page.shot('full-dark')
    page.dark(False)


def safe(page):
    page.open('hostile.html')
    page.shot('hostile')
    page.check('scripts are those of the pictures', page.js(
        'return [...document.querySelectorAll("script")].filter(s => s.type !=='
        '"application/json").length'), 3)
    page.check('no element came in by a name', page.js(
        'return document.querySelectorAll("img").length'), 0)
    page.quiet('hostile.html')
    page.check('what is not ours does not run', page.js('''
        window.ran = false;
        const s = document.createElement("script");
        s.textContent = "window.ran = true";
        document.body.append(s);
        return window.ran;'''), False)
    log = [e['message'] for e in page.driver.get_log('browser')]
    page.check('and the browser says why', log, lambda m: len(m) == 1 and
               'Content Security Policy' in m[0])


def parts(page):
    page.open('bare.html')
    page.shot('bare')
    page.check('nothing but its name', page.js('return document.querySelectorAll("svg").length'),
               0)
    page.check('it says what is missing', text(page, '.limits'),
               lambda t: t.startswith('Missing: no profile: perf_event_paranoid'))
    page.quiet('bare.html')
    page.open('alone.html')
    page.check('without a time to compare with', page.js(
        'return document.querySelectorAll("svg.pdiag").length'), 2)
    page.check('nor a wall clock', text(page, '.lead'), lambda t: 'after boot' in t)
    page.shot('alone')
    page.quiet('alone.html')


if __name__ == '__main__':
    sys.exit(run(sys.argv[1], (head, chart, graphs, tables, safe, parts)))
