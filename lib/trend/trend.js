/* The crosshair of a trend chart: values of all series at a moment, on both clocks. The file it
 * stands in is complete without it; all numbers come from the JSON in that file. */
(function () {
'use strict';
const script = document.currentScript;
const svg = (script && script.closest('svg')) || document.documentElement;
const alone = svg === document.documentElement;
const SVG = 'http://www.w3.org/2000/svg';
const data = JSON.parse(svg.querySelector('.pdiag-data').textContent);
const MINUS = '−', PLAIN = 0, BYTES = 1, SECONDS = 2, PERCENT = 3, REACH = 30;

/* Series with times of their own again. */
const lines = [];
for (const panel of data.panels) {
	for (const [i, line] of panel.lines.entries()) {
		if (line.t) {
			let at = 0;
			line.at = line.t.map(step => at += step);
		} else {
			line.at = lines[lines.length - 1].at;
		}
		line.panel = panel;
		line.colour = i % 7;
		lines.push(line);
	}
}

/* Numbers, as the legend has them. */
const SCALES = [[[1, ''], [1e3, ' k'], [1e6, ' M'], [1e9, ' G'], [1e12, ' T'], [1e15, ' P']],
	[[1, ' B'], [1024, ' KiB'], [2 ** 20, ' MiB'], [2 ** 30, ' GiB'], [2 ** 40, ' TiB'],
		[2 ** 50, ' PiB'], [2 ** 60, ' EiB']],
	[[1e-9, ' ns'], [1e-6, ' µs'], [1e-3, ' ms'], [1, ' s']], [[1, ' %']]];
function digits(v) {
	const a = Math.abs(v), decimals = a >= 99.95 ? 0 : a >= 9.995 ? 1 : a >= 0.9995 ? 2 :
		a >= 0.1 ? 3 : 4;
	const text = a.toFixed(decimals).replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '')
		.replace(/\B(?=(\d{3})+$)/g, decimals ? '' : ',');
	return (v < 0 && +text ? MINUS : '') + text;
}
function value(panel, raw) {
	const v = raw * panel.factor, a = Math.abs(v), scales = SCALES[panel.kind];
	const many = panel.kind === PLAIN ? 10 : 1;
	let i = 0;
	while (i + 1 < scales.length &&
		a >= scales[i + 1][0] * (scales[i + 1][0] > 1 ? many : 1) * 0.9995)
		i++;
	const shown = v / scales[i][0], tiny = v && Math.abs(shown) < 0.001;
	let symbol = v || panel.kind !== SECONDS ? scales[i][1] : ' s';
	if (Math.abs(shown) >= 999999.5 || tiny)
		symbol = panel.kind === PERCENT ? ' %' : panel.kind === SECONDS ? ' s' :
			panel.kind === BYTES ? ' B' : '';
	const number = Math.abs(shown) >= 999999.5 || tiny ?
		v.toExponential(2).replace('-', MINUS).replace('e+', 'e') : digits(shown);
	const word = raw === 1 && panel.one.trim() ? panel.one : panel.noun;
	const noun = panel.kind === BYTES ? (panel.per_second ? '/s' : '') :
		panel.kind === PLAIN && panel.noun.trim() ?
			(word[0] === '/' ? '' : ' ') + word : '';
	return number + symbol + noun;
}

/* Clocks */
function pad(n, width) {
	return String(n).padStart(width, '0');
}
function wall(ms) {
	if (!data.eras.length)
		return '';
	let era = data.eras[0];
	for (const e of data.eras)
		if (e[0] <= ms)
			era = e;
	const [from, to, wallFrom, wallTo, zone] = era;
	const local = ms <= from ? wallFrom - (from - ms) : ms >= to ? wallTo + (ms - to) :
		wallFrom + (ms - from) / (to - from) * (wallTo - wallFrom);
	const d = new Date(local), minutes = Math.abs(zone) / 60;
	return d.toISOString().replace('T', ' ').slice(0, -1) + ' UTC' + (zone ?
		(zone < 0 ? MINUS : '+') + pad(Math.floor(minutes / 60), 2) + ':' +
		pad(Math.floor(minutes % 60), 2) : '');
}
function both(ms) {
	const boot = ((data.from + ms) / 1000).toFixed(3).replace(/\B(?=(\d{3})+\.)/g, ',') +
		' s since boot';
	const local = wall(ms);
	return local ? local + '  ·  ' + boot : boot;
}

/* The point of a series that is nearest. */
function nearest(line, ms) {
	let low = 0, high = line.at.length;
	while (low < high) {
		const middle = (low + high) >> 1;
		if (line.at[middle] < ms)
			low = middle + 1;
		else
			high = middle;
	}
	if (low && (low === line.at.length || ms - line.at[low - 1] < line.at[low] - ms))
		low--;
	return low < line.at.length ? low : -1;
}
function x(ms) {
	return data.left + ms / data.span * data.width;
}
function y(panel, v) {
	const part = (v - panel.low) / (panel.high - panel.low);
	return panel.top + (1 - Math.min(1, Math.max(0, part))) * data.height;
}

/* Drawing */
function make(name, attributes, parent) {
	const el = document.createElementNS(SVG, name);
	for (const k in attributes)
		el.setAttribute(k, attributes[k]);
	if (parent)
		parent.appendChild(el);
	return el;
}
const layer = make('g', {class: 'hover'}, svg);
/* A box with rows of text, beside the line at `at` and with its upper edge at `top`. */
function box(rows, at, top, name) {
	const g = make('g', {class: 'tip ' + name}, layer);
	const back = make('rect', {rx: 5, y: top, height: rows.length * 16 + 9}, g);
	let wide = 0;
	const texts = rows.map((row, i) => {
		const text = make('text', {y: top + 17 + i * 16}, g);
		text.textContent = row.text;
		wide = Math.max(wide, text.getComputedTextLength());
		return text;
	});
	const swatch = rows.some(row => row.colour !== undefined) ? 16 : 0;
	wide += 18 + swatch;
	const right = data.left + data.width;
	const left = at + 12 + wide > right + 14 ? at - 12 - wide : at + 12;
	back.setAttribute('x', left);
	back.setAttribute('width', wide);
	texts.forEach((text, i) => {
		text.setAttribute('x', left + 9 + swatch);
		if (rows[i].colour !== undefined)
			make('circle', {class: 'dot s' + rows[i].colour, cx: left + 14,
				cy: top + 13 + i * 16, r: 4}, g);
	});
}
function describe(line, i) {
	const panel = line.panel, many = panel.lines.length > 1;
	let text = (many ? line.name + '  ' : '') + value(panel, line.v[i]);
	/* The noun need not be said thrice. */
	const bare = panel.kind === PLAIN ? Object.assign({}, panel, {noun: ''}) : panel;
	if (line.low && line.high[i] > line.low[i])
		text += '  (' + value(bare, line.low[i]) + ' to ' +
			value(bare, line.high[i]) + ')';
	return text;
}
let shown = null;
function show(ms, top) {
	layer.replaceChildren();
	shown = ms;
	const at = x(ms);
	make('path', {class: 'cross', d: 'M' + at + ',' + data.panels[0].top + 'V' + data.bottom},
		layer);
	const spoken = [both(ms)];
	for (const panel of data.panels) {
		const rows = [];
		for (const line of panel.lines) {
			const i = nearest(line, ms);
			if (i < 0 || Math.abs(x(line.at[i]) - at) > 3)
				continue;
			make('circle', {class: 'dot s' + line.colour, cx: x(line.at[i]),
				cy: y(panel, line.v[i]), r: 4}, layer);
			rows.push({text: describe(line, i),
				colour: panel.lines.length > 1 ? line.colour : undefined});
		}
		if (!rows.length)
			rows.push({text: 'no data'});
		spoken.push(...rows.map(row => row.text));
		box(rows, at, panel.top + 6, 'values');
		if (panel === top)
			box([{text: both(ms)}], at, panel.top - 22, 'time');
	}
	svg.setAttribute('aria-description', spoken.join(', '));
}
function hide() {
	layer.replaceChildren();
	shown = null;
}
/* Moments that there are points of, over all series. */
function snap(ms) {
	let best = null;
	for (const line of lines) {
		const i = nearest(line, ms);
		if (i >= 0 && (best === null || Math.abs(line.at[i] - ms) < Math.abs(best - ms)))
			best = line.at[i];
	}
	return best !== null && Math.abs(x(best) - x(ms)) <= REACH ? best : ms;
}
let panelShown = data.panels[0];
function pointer(e) {
	const p = new DOMPoint(e.clientX, e.clientY).matrixTransform(svg.getScreenCTM().inverse());
	if (p.x < data.left - 4 || p.x > data.left + data.width + 4 || p.y > data.bottom + 60 ||
		p.y < data.panels[0].top - 20)
		return hide();
	panelShown = data.panels[0];
	for (const panel of data.panels)
		if (p.y >= panel.top - 20)
			panelShown = panel;
	const ms = (p.x - data.left) / data.width * data.span;
	show(snap(Math.min(data.span, Math.max(0, ms))), panelShown);
}
/* From point to point of the longest series. */
function walk(step) {
	const line = lines.reduce((a, b) => b.at.length > a.at.length ? b : a);
	if (!line.at.length)
		return;
	let i = shown === null ? (step > 0 ? 0 : line.at.length - 1) : nearest(line, shown) + step;
	i = Math.min(line.at.length - 1, Math.max(0, i));
	show(line.at[i], panelShown);
}
function key(e) {
	if (e.ctrlKey || e.metaKey || e.altKey)
		return;
	if (e.key === 'ArrowRight' || e.key === 'ArrowLeft')
		walk((e.key === 'ArrowRight' ? 1 : -1) * (e.shiftKey ? 10 : 1));
	else if (e.key === 'Escape')
		hide();
	else
		return;
	e.preventDefault();
}
if (data.panels.length) {
	svg.setAttribute('tabindex', 0);
	svg.addEventListener('pointermove', pointer);
	svg.addEventListener('pointerdown', pointer);
	svg.addEventListener('pointerleave', hide);
	(alone ? document : svg).addEventListener('keydown', key);
}
})();
