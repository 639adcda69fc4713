/* Zoom, search, tooltips and keyboard of a flame graph. The file it stands in is complete without
 * it; all numbers come from the JSON and the data-f attributes in that file. */
(function () {
'use strict';
const script = document.currentScript;
const svg = (script && script.closest('svg')) || document.documentElement;
const alone = svg === document.documentElement;
const SVG = 'http://www.w3.org/2000/svg', HTML = 'http://www.w3.org/1999/xhtml';
const data = JSON.parse(svg.querySelector('.pdiag-data').textContent);
const boxes = svg.querySelector('.boxes'), labels = svg.querySelector('.labels');
const KINDS = {u: 'user', k: 'kernel', j: 'run-time code', v: 'vdso', i: 'inlined', x: 'no name',
	m: 'mark', t: 'thread', a: 'all stacks'};
const TOOLS_WIDTH = 560, NARROW = 900, TIP_WIDTH = 460;

/* The tree, from the boxes: they are in preorder, and their height says how deep they are. */
const nodes = [];
function readTree() {
	const last = [];
	for (const el of boxes.children) {
		const f = el.getAttribute('data-f').split(' ').map(Number);
		const label = data.names[f[0]];
		const row = Math.round((el.getAttribute('y') - data.top) / data.row);
		const depth = data.rows - 1 - row;
		const n = {el: el, id: nodes.length, depth: depth,
			parent: depth ? last[depth - 1] : null,
			name: label[0], module: label[1], kind: label[2], reason: label[3] || '',
			start: f[1], width: f[2], end: 0, x: 0, w: 0, shown: true, hit: false};
		if (data.diff) {
			n.before = f[3];
			n.after = f[4];
		} else {
			n.self = f.length > 3 ? f[3] : f[2];
		}
		n.plain = el.getAttribute('class');
		last[depth] = n;
		nodes.push(n);
		while (el.firstChild)
			el.firstChild.remove();
	}
	for (let i = nodes.length - 1; i >= 0; i--) {
		const n = nodes[i];
		n.end = Math.max(n.end, i + 1);
		if (n.parent)
			n.parent.end = Math.max(n.parent.end, n.end);
	}
}

/* Words and numbers */
function grouped(v) {
	return String(Math.round(v)).replace(/\B(?=(\d{3})+$)/g, ',');
}
function percent(part, whole) {
	return (whole ? 100 * part / whole : 0).toFixed(2) + ' %';
}
function span(ns) {
	for (const u of [[1e9, 's'], [1e6, 'ms'], [1e3, 'µs']])
		if (ns >= u[0] * 0.9995)
			return (ns / u[0]).toFixed(ns >= 99.95 * u[0] ? 0 :
				ns >= 9.995 * u[0] ? 1 : 2) + ' ' + u[1];
	return Math.round(ns) + ' ns';
}
function amount(ns) {
	const units = grouped(ns / data.unit_ns);
	if (data.unit === 'tasks')
		return units + (units === '1' ? ' task' : ' tasks');
	return units + ' ' + (units === '1' && data.unit === 'samples' ? 'sample' : data.unit) +
		' (' + span(ns) + ')';
}
/* Weights by which shares are told: after's in a difference. */
function weight(n) {
	return data.diff ? n.after : n.width;
}
function describe(n) {
	const lines = [n.name];
	const all = nodes[0];
	let kind = KINDS[n.kind];
	if (n.module)
		kind += ' · ' + n.module;
	if (n.id)
		lines.push(kind);
	if (n.reason)
		lines.push('No name: ' + n.reason);
	if (data.diff) {
		const b = all.before ? 100 * n.before / all.before : 0;
		const a = all.after ? 100 * n.after / all.after : 0;
		const d = a - b;
		lines.push('before ' + b.toFixed(2) + ' % (' + span(n.before) + '), after ' +
			a.toFixed(2) + ' % (' + span(n.after) + ')');
		lines.push((d < 0 ? '−' : '+') + Math.abs(d).toFixed(2) + ' points' +
			(!n.after ? ', gone' : !n.before ? ', new' : ''));
		return lines;
	}
	lines.push(amount(n.width));
	let share = percent(n.width, all.width) + ' of all';
	if (n.parent && n.parent !== all)
		share += ' · ' + percent(n.width, n.parent.width) + ' of its caller';
	if (zoomed !== all && within(n, zoomed) && n !== zoomed && zoomed !== n.parent)
		share += ' · ' + percent(n.width, zoomed.width) + ' of the zoom';
	lines.push(share);
	if (n.id)
		lines.push('itself ' + (n.self ?
			amount(n.self) + ', ' + percent(n.self, all.width) : '0'));
	return lines;
}
function within(n, top) {
	return n.id >= top.id && n.id < top.end;
}

/* Layout */
let zoomed = null, current = null, icicle = false, total = 0, cell = 7.3;
const history = [];
function make(name, attributes, parent) {
	const el = document.createElementNS(SVG, name);
	for (const k in attributes)
		el.setAttribute(k, attributes[k]);
	if (parent)
		parent.appendChild(el);
	return el;
}
function measure() {
	const probe = make('text', {x: 0, y: -100}, labels);
	probe.textContent = 'mmmmmmmmmmmmmmmmmmmm';
	const w = probe.getComputedTextLength() / 20;
	probe.remove();
	if (w > 0)
		cell = w;
}
function wide(c) {
	return c.codePointAt(0) >= 0x1100 ? 2 : 1;
}
function fit(name, cells) {
	if (name.length <= cells && /^[\x20-\x7e]*$/.test(name))
		return name;
	let used = 0, kept = '';
	for (const c of name) {
		used += wide(c);
		if (used > cells)
			return kept + '…';
		if (used < cells)
			kept += c;
	}
	return name;
}
function rowY(depth) {
	return data.top + shift + (icicle ? depth : data.rows - 1 - depth) * data.row;
}
function place(n) {
	if (n !== zoomed && within(n, zoomed)) {
		n.x = data.margin + (n.start - zoomed.start) * scale;
		n.w = n.width * scale;
		n.shown = n.w >= 0.1;
	} else {
		n.shown = within(zoomed, n);
		n.x = data.margin;
		n.w = total - 2 * data.margin;
	}
}
function paint(n) {
	const el = n.el;
	if (!n.shown) {
		el.setAttribute('display', 'none');
		return;
	}
	el.removeAttribute('display');
	el.setAttribute('x', n.x.toFixed(2));
	el.setAttribute('y', rowY(n.depth));
	el.setAttribute('width', Math.max(n.w > 2 ? n.w - 0.5 : n.w, 0.1).toFixed(2));
	el.setAttribute('class', n.plain + (within(n, zoomed) ? '' : ' dim') +
		(n.hit ? ' hit' : '') + (n === current ? ' cur' : ''));
}
let shift = 0, scale = 1;
function layout() {
	const box = alone ? null : svg.parentNode.getBoundingClientRect();
	total = Math.max(320, Math.floor(alone ? window.innerWidth : box.width || data.width));
	if (alone && document.documentElement.clientWidth)
		total = Math.max(320, document.documentElement.clientWidth);
	shift = total < NARROW ? 34 : 0;
	const height = data.height + shift;
	svg.setAttribute('viewBox', '0 0 ' + total + ' ' + height);
	svg.setAttribute('width', total);
	svg.setAttribute('height', height);
	scale = (total - 2 * data.margin) / (zoomed.width || 1);
	const shown = document.createDocumentFragment();
	for (const n of nodes) {
		place(n);
		paint(n);
		const cells = Math.floor((n.w - 6) / cell);
		if (!n.shown || cells < 3)
			continue;
		const text = make('text', {x: (n.x + 3).toFixed(2), y: rowY(n.depth) + 13}, shown);
		text.textContent = fit(n.name, cells);
	}
	labels.replaceChildren(shown);
	for (const el of svg.querySelectorAll('.shift'))
		el.setAttribute('transform', 'translate(0,' + shift + ')');
	fitHeader();
	placeTools();
	hideTip();
}
function fitHeader() {
	for (const el of svg.querySelectorAll('.head text')) {
		const beside = !shift && el.classList.contains('title');
		const room = total - 2 * data.margin - (beside ? TOOLS_WIDTH : 0);
		if (el.full === undefined)
			el.full = el.textContent;
		let chars = el.full.length;
		el.textContent = el.full;
		for (let w = el.getComputedTextLength(); w > room && chars > 4;
			w = el.getComputedTextLength()) {
			chars = Math.min(chars - 1, Math.floor(chars * room / w));
			el.textContent = el.full.slice(0, chars) + '…';
		}
	}
}
function zoom(n, remember) {
	if (n === zoomed)
		return;
	if (remember)
		history.push(zoomed);
	zoomed = n;
	layout();
	showMatched();
	back.disabled = !history.length;
	reset.disabled = zoomed === nodes[0];
}
function zoomBack() {
	if (history.length)
		zoom(history.pop(), false);
	back.disabled = !history.length;
}
function zoomReset() {
	zoom(nodes[0], true);
}
function flip() {
	icicle = !icicle;
	layout();
}

/* Search */
let hits = [], pattern = null, wrong = false;
function search(text) {
	pattern = null;
	wrong = false;
	if (text) {
		try {
			/* Capitals in the pattern make it tell capitals apart. */
			const capitals = /[A-Z]/.test(text.replace(/\\./g, ''));
			pattern = new RegExp(text, capitals ? 'u' : 'iu');
		} catch (e) {
			wrong = true;
		}
	}
	const known = data.names.map(l => !!pattern && pattern.test(l[0]));
	hits = [];
	for (const n of nodes) {
		n.hit = pattern ? known[n.el.getAttribute('data-f').split(' ', 1)[0]] : false;
		if (n.hit)
			hits.push(n);
		paint(n);
	}
	showMatched();
}
/* A stack counts once, however many of its frames match: what is above a match is skipped. */
function matched(top) {
	const sum = {width: 0, before: 0, after: 0};
	for (let i = top.id; i < top.end;) {
		const n = nodes[i];
		if (!n.hit) {
			i++;
			continue;
		}
		sum.width += n.width;
		sum.before += n.before || 0;
		sum.after += n.after || 0;
		i = n.end;
	}
	return sum;
}
function showMatched() {
	result.classList.toggle('bad', wrong);
	field.setAttribute('aria-invalid', wrong);
	if (wrong || !pattern) {
		result.textContent = wrong ? 'Not a valid pattern' : '';
		return;
	}
	if (!hits.length) {
		result.textContent = 'No match';
		return;
	}
	const all = nodes[0], m = matched(all);
	let text = data.diff ? 'Matched ' + percent(m.before, all.before) + ' → ' +
		percent(m.after, all.after) : 'Matched ' + percent(m.width, all.width);
	if (zoomed !== all && !data.diff)
		text += ' (zoom ' + percent(matched(zoomed).width, zoomed.width) + ')';
	result.textContent = text;
}
function nextHit(step) {
	const seen = hits.filter(n => n.shown);
	if (!seen.length)
		return;
	let i = seen.indexOf(current);
	if (i < 0)
		i = step > 0 ? -1 : 0;
	select(seen[(i + step + seen.length) % seen.length]);
}

/* Tooltip */
const tip = make('foreignObject', {class: 'tip', x: 0, y: 0, width: TIP_WIDTH, height: 10});
const tipBox = tip.appendChild(document.createElementNS(HTML, 'div'));
function showTip(n, x, y) {
	const lines = describe(n), b = document.createElementNS(HTML, 'b');
	b.textContent = lines[0];
	tipBox.replaceChildren(b, lines.slice(1).map(l => '\n' + l).join(''));
	const width = Math.min(TIP_WIDTH, total - 8);
	tip.setAttribute('width', width);
	tip.setAttribute('height', 2000);
	tip.removeAttribute('display');
	const w = tipBox.offsetWidth, h = tipBox.offsetHeight, bottom = data.height + shift;
	const below = y + 18 + h <= bottom;
	tip.setAttribute('x', Math.max(4, Math.min(x + 12, total - w - 4)));
	tip.setAttribute('y', Math.max(2, below ? y + 18 : y - h - 8));
	tip.setAttribute('height', h);
}
function hideTip() {
	tip.setAttribute('display', 'none');
}
const byElement = new Map();
function pointer(e) {
	const n = byElement.get(e.target);
	if (!n)
		return hideTip();
	const p = new DOMPoint(e.clientX, e.clientY).matrixTransform(svg.getScreenCTM().inverse());
	showTip(n, p.x, p.y);
}

/* Keyboard: one frame is in the tab order; the arrows move on from it. */
function select(n) {
	const old = current;
	current = n;
	if (old) {
		old.el.setAttribute('tabindex', -1);
		paint(old);
	}
	n.el.setAttribute('tabindex', 0);
	n.el.setAttribute('role', 'treeitem');
	n.el.setAttribute('aria-level', n.depth + 1);
	n.el.setAttribute('aria-label', describe(n).join(', '));
	paint(n);
	n.el.focus();
	showTip(n, n.x + Math.min(n.w / 2, 200), rowY(n.depth) + data.row - 12);
}
function widestChild(n) {
	let best = null;
	for (let i = n.id + 1; i < n.end; i = nodes[i].end)
		if (nodes[i].shown && (!best || nodes[i].w > best.w))
			best = nodes[i];
	return best;
}
function neighbour(n, step) {
	for (let i = n.id + step; i >= 0 && i < nodes.length; i += step)
		if (nodes[i].depth === n.depth && nodes[i].shown)
			return nodes[i];
	return null;
}
function walk(key) {
	const from = current && current.shown ? current : zoomed;
	const out = key === (icicle ? 'ArrowUp' : 'ArrowDown');
	let to = from;
	if (current && current.shown)
		to = key === 'ArrowLeft' ? neighbour(from, -1) : key === 'ArrowRight' ?
			neighbour(from, 1) : key === 'Home' ? zoomed : out ? from.parent :
			widestChild(from);
	if (to)
		select(to);
}
function focusFrame() {
	(current && current.shown ? current : zoomed).el.focus();
}
function inField(e) {
	if (e.key === 'Escape') {
		field.value = '';
		search('');
		focusFrame();
	} else if (e.key === 'Enter') {
		nextHit(e.shiftKey ? -1 : 1);
	} else {
		return;
	}
	e.preventDefault();
}
function escape() {
	if (zoomed !== nodes[0]) {
		zoomReset();
	} else {
		field.value = '';
		search('');
		hideTip();
	}
}
const KEYS = {
	Enter: () => current && zoom(current, true),
	Escape: escape,
	Backspace: zoomBack,
	n: () => nextHit(1),
	p: () => nextHit(-1),
	i: flip,
	'/': () => field.focus(),
};
function key(e) {
	if (e.target === field)
		return inField(e);
	if ((e.ctrlKey || e.metaKey) && e.key === 'f') {
		field.focus();
		field.select();
		return e.preventDefault();
	}
	if (e.ctrlKey || e.metaKey || e.altKey)
		return;
	if (e.target.localName === 'button' && (e.key === 'Enter' || e.key === ' '))
		return;
	if (/^Arrow|^Home$/.test(e.key))
		walk(e.key);
	else if (Object.prototype.hasOwnProperty.call(KEYS, e.key))
		KEYS[e.key]();
	else
		return;
	e.preventDefault();
}

/* Tools */
const tools = make('foreignObject', {class: 'tools-place', width: TOOLS_WIDTH, height: 30}, svg);
const bar = tools.appendChild(document.createElementNS(HTML, 'div'));
bar.setAttribute('class', 'tools');
function tool(name, text, title, action) {
	const el = bar.appendChild(document.createElementNS(HTML, name));
	el.textContent = text;
	el.title = title;
	if (action)
		el.addEventListener('click', action);
	return el;
}
const result = tool('output', '', '');
result.setAttribute('aria-live', 'polite');
const field = tool('input', '', 'Search frames by name, as a regular expression (/ or Ctrl-F)');
field.type = 'search';
field.placeholder = 'Search ( / )';
field.setAttribute('aria-label', 'Search frames by name');
field.addEventListener('input', () => search(field.value));
/* A button that has nothing to do any more must not keep the focus. */
const back = tool('button', 'Back', 'The zoom before (Backspace)', () => {
	zoomBack();
	focusFrame();
});
const reset = tool('button', 'Reset', 'Show all (Escape)', () => {
	zoomReset();
	focusFrame();
});
tool('button', 'Flip', 'Turn it over (i)', flip);
back.disabled = reset.disabled = true;
function placeTools() {
	const width = Math.min(TOOLS_WIDTH, total - 2 * data.margin);
	tools.setAttribute('width', width);
	tools.setAttribute('x', total - data.margin - width);
	/* They stay in sight when a deep graph is scrolled. */
	const scrolled = alone ? window.scrollY : 0;
	tools.setAttribute('y', Math.max(shift ? data.top - 6 : 8, scrolled ? scrolled + 4 : 0));
	tools.classList.toggle('afloat', scrolled > 0);
}

readTree();
for (const n of nodes)
	byElement.set(n.el, n);
svg.appendChild(tip);
zoomed = nodes[0];
if (zoomed) {
	boxes.setAttribute('role', 'tree');
	boxes.setAttribute('aria-label', 'Call tree');
	zoomed.el.setAttribute('tabindex', 0);
	svg.querySelector('.keys').textContent = 'Click a frame to zoom. Keys: arrows walk, ' +
		'Enter zooms, Backspace goes back, Esc shows all, / searches, n and p go to ' +
		'matches, i turns it over.';
	measure();
	layout();
	boxes.addEventListener('mousemove', pointer);
	boxes.addEventListener('mouseleave', hideTip);
	boxes.addEventListener('click', e => {
		const n = byElement.get(e.target);
		if (!n)
			return;
		zoom(n, true);
		select(n);
		pointer(e);
	});
	boxes.addEventListener('focusin', e => {
		const n = byElement.get(e.target);
		if (n && n !== current)
			select(n);
	});
	(alone ? document : svg).addEventListener('keydown', key);
	window.addEventListener('resize', layout);
	if (alone) {
		window.addEventListener('scroll', placeTools);
		/* The root is at the bottom: begin there. */
		window.scrollTo(0, data.height);
	}
}
})();
