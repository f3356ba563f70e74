"use strict";
// Draws the report from the numbers in the page, as the reader chooses.
const D = JSON.parse(document.getElementById("data").textContent);
const ALL = D.cities.length;
const COLOURS = ["#0b4f8a", "#a3161f", "#1b6e3c", "#7a3e9d"];
const REFERENCE = { persistence: "#b07d00", climatology: "#6b7680", "best member": "#2a8f8f" };
const DASH = { persistence: "6 3", climatology: "2 3", "best member": "8 3 2 3" };
const byId = (id) => document.getElementById(id);
const state = { stream: Object.keys(D.streams)[0], limit: 200, rule: "", city: ALL, lead: 0, quantity: "aqi", score: "pm25:rmse" };

const WORDS = {
  number: ["样本数", "cases"], bias: ["平均偏差", "mean bias"], nmb: ["标准化平均偏差", "NMB"],
  nme: ["标准化平均误差", "NME"], rmse: ["均方根误差", "RMSE"], r: ["相关系数", "correlation"],
  mfb: ["平均分数偏差", "mean fractional bias"], mfe: ["平均分数误差", "mean fractional error"],
  level_accuracy: ["级别准确率", "level accuracy"], range_accuracy: ["范围准确率（±25 %）", "range accuracy, within 25 %"],
  primary_number: ["首要污染物样本数", "cases with a primary pollutant"],
  primary_accuracy: ["首要污染物准确率", "primary pollutant accuracy"], cma_level: ["级别评分", "CMA level points"],
  cma_value: ["数值评分", "CMA value points"], cma_primary: ["首要污染物评分", "CMA primary points"],
  cma_composite: ["综合评分", "CMA composite"], crps: ["连续分级概率评分", "CRPS (fair; error of a single forecast)"],
  tail_crps: ["重污染段 CRPS", "CRPS of what is above 150 ug m-3"], spread: ["集合离散度", "spread, comparable with the error"],
  error_of_mean: ["集合平均误差", "error of the ensemble mean"], quantile_score: ["分位数评分", "quantile score x 2"],
  coverage_80: ["80 % 区间覆盖率", "share inside the 10-90 % range"], pod: ["报中率", "probability of detection"],
  far: ["空报占比", "false alarm ratio"], pofd: ["误报率", "false alarm rate"], threat: ["TS 评分", "threat score"],
  frequency_bias: ["频率偏差", "frequency bias"], observed: ["观测次数", "observed"], hits: ["报中", "hits"],
  misses: ["漏报", "misses"], false_alarms: ["空报", "false alarms"], brier: ["Brier 评分", "Brier score"],
  fair_brier: ["公平 Brier 评分", "fair Brier score"],
};
function words(key) {
  const [quantity, name] = key.split(":");
  const [score, against] = name.split("_skill_vs_");
  const limit = score.match(/_(150|200|300)(?:_p(\d+))?$/);
  const known = WORDS[limit ? score.slice(0, limit.index) : score] || [score, score];
  const what = { aqi: "AQI", pm25: "PM2.5", pm10: "PM10", so2: "SO2", no2: "NO2", co: "CO", o3: "O3" }[quantity];
  const above = limit ? ` > ${limit[1]}${limit[2] ? `，概率 P ≥ ${limit[2]} %` : ""}` : "";
  const skill = against ? `：对 ${against.replace("_", " ")} 的技巧 skill` : "";
  return `${what}${above} ${known[0]} ${known[1]}${skill}`;
}
function show(value, key = "") {
  if (value === null || value === undefined) return "–";
  if (/(accuracy|coverage_80|pod_|far_|pofd_|nmb|nme|mfb|mfe|skill)/.test(key)) return `${(100 * value).toFixed(0)} %`;
  if (Number.isInteger(value)) return String(value);
  return Math.abs(value) >= 100 ? value.toFixed(0) : Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(Math.abs(value) >= 1 ? 2 : 3);
}
function node(name, attributes = {}, ...children) {
  const made = name === "svg" || node.inside ? document.createElementNS("http://www.w3.org/2000/svg", name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) if (value !== undefined) made.setAttribute(key, value);
  made.append(...children.filter((child) => child !== null));
  return made;
}
function drawing(make) { node.inside = true; try { return make(); } finally { node.inside = false; } }
function table(head, rows) {
  return node("table", {}, node("thead", {}, node("tr", {}, ...head.map((cell) => node("th", { scope: "col" }, cell)))), node("tbody", {}, ...rows));
}
function tip(target, text) {
  const box = byId("tip");
  const open = (x, y) => { box.textContent = text; box.hidden = false; box.style.left = `${Math.min(x + 12, innerWidth - box.offsetWidth - 8)}px`; box.style.top = `${Math.min(y + 12, innerHeight - box.offsetHeight - 8)}px`; };
  target.addEventListener("pointermove", (event) => open(event.clientX, event.clientY));
  target.addEventListener("pointerleave", () => { box.hidden = true; });
}

// the comparison in view: a stream with its references, or all streams together
function comparison() { return state.stream === "together" ? D.together : D.streams[state.stream].comparison; }
function subject() { return D.streams[state.stream] || D.streams[Object.keys(D.streams)[0]]; }
function score(key, source, lead, city) {
  const entry = comparison().scores[key];
  return entry ? entry.values[source][lead][city] : null;
}
function colour(name, place) { return REFERENCE[name] || COLOURS[place % COLOURS.length]; }
function cityName(city) { return city === ALL ? "全部 all" : D.cities[city]; }

function headline() {
  const L = state.limit + state.rule, at = (name, city = ALL) => score(`aqi:${name}_${L}`, 0, state.lead, city);
  const hits = at("hits") ?? 0, misses = at("misses") ?? 0, wrong = at("false_alarms") ?? 0;
  const said = byId("headline"), ends = (name) => range(`aqi:${name}_${L}`, 0, state.lead);
  said.replaceChildren(
    `提前 ${D.leads[state.lead]} 天，AQI > ${state.limit}${state.rule ? `（P ≥ ${state.rule.slice(2)} %）` : ""}：观测 ${hits + misses} 城日，报中 `, node("b", {}, String(hits)),
    `，漏报 `, node("b", {}, String(misses)), `，空报 `, node("b", {}, String(wrong)), "。",
    node("small", {}, ` Lead day ${D.leads[state.lead]}: of ${hits + misses} city-days above ${state.limit}, ${hits} hit, ${misses} missed; ${wrong} false alarms.`),
    node("br"), node("small", {}, `报中率 POD ${show(at("pod"), "pod_")}${ends("pod")}，空报占比 FAR ${show(at("far"), "far_")}${ends("far")}`));
}
function range(name, source, lead) {
  const entry = comparison().scores[name];
  if (!entry || entry.low[source][lead] === null) return "";
  return `（${show(entry.low[source][lead], name)} – ${show(entry.high[source][lead], name)}）`;
}
function heavyTable() {
  const L = state.limit + state.rule;
  const cell = (lead, city) => {
    const [hits, misses, wrong] = ["hits", "misses", "false_alarms"].map((name) => score(`aqi:${name}_${L}`, 0, lead, city));
    if (hits === null) return node("td", {}, "–");
    const seen = hits + misses, share = seen ? hits / seen : null;
    const style = share === null ? "" : `background:hsl(${Math.round(120 * share)} 60% 88%)`;
    const press = node("button", { type: "button", "aria-label": `${cityName(city)}, lead day ${D.leads[lead]}: ${hits} of ${seen} hit, ${wrong} false` }, `${hits}/${seen}`, node("small", {}, `+${wrong}`));
    press.addEventListener("click", () => set({ city, lead }));
    return node("td", { style, class: city === state.city && lead === state.lead ? "chosen" : undefined }, press);
  };
  const order = [...D.cities.keys()].sort((a, b) => seenDays(b) - seenDays(a));
  const row = (city) => node("tr", { class: city === ALL ? "all" : undefined }, node("th", { scope: "row" }, cityName(city)), ...D.leads.map((_, lead) => cell(lead, city)));
  byId("heavy").replaceChildren(table(["城市 city", ...D.leads.map((lead) => `第 ${lead} 天`)], [row(ALL), ...order.map(row)]));
}
function seenDays(city) { return Math.max(...D.leads.map((_, lead) => score(`aqi:observed_${state.limit}`, 0, lead, city) ?? 0)); }

function scale(values, zero) {
  const known = values.filter((value) => value !== null && value !== undefined);
  let low = Math.min(...known, ...(zero ? [0] : [])), high = Math.max(...known, ...(zero ? [0] : []));
  if (!known.length) { low = 0; high = 1; }
  if (low === high) { low -= 0.5; high += 0.5; }
  const step = 10 ** Math.floor(Math.log10((high - low) / 4)), nice = [1, 2, 5, 10].find((k) => (high - low) / (k * step) <= 6) * step;
  const ticks = [];
  for (let k = Math.floor(low / nice + 1e-9); k <= Math.ceil(high / nice - 1e-9); k += 1) ticks.push(+(k * nice).toPrecision(10));
  return { low: ticks[0], high: ticks[ticks.length - 1], ticks };
}
function frame(width, height, axis, labels, title) {
  const left = 44, right = 10, top = 10, bottom = 26;
  const x = (share) => left + share * (width - left - right);
  const y = (value) => height - bottom - ((value - axis.low) / (axis.high - axis.low)) * (height - top - bottom);
  const svg = node("svg", { viewBox: `0 0 ${width} ${height}`, style: `max-width:${width}px`, role: "img", "aria-label": title });
  for (const tick of axis.ticks) svg.append(node("line", { x1: left, x2: width - right, y1: y(tick), y2: y(tick), class: "grid" }), node("text", { x: left - 5, y: y(tick) + 4, "text-anchor": "end" }, String(tick)));
  svg.append(node("line", { x1: left, x2: width - right, y1: height - bottom, y2: height - bottom, class: "axis" }));
  for (const [share, text] of labels) svg.append(node("text", { x: x(share), y: height - 8, "text-anchor": "middle" }, text));
  return { svg, x, y };
}
function path(values, x, y) {
  let text = "", open = false;
  values.forEach((value, k) => {
    if (value === null) { open = false; return; }
    text += `${open ? "L" : "M"}${x(k).toFixed(1)} ${y(value).toFixed(1)}`; open = true;
  });
  return text;
}
function key(names) { return node("div", { class: "key" }, ...names.map(([name, style]) => node("span", {}, node("i", { style }), name))); }

function seriesChart() {
  const width = Math.max(340, byId("series").clientWidth), height = 260, city = state.city === ALL ? worst() : state.city;
  const own = subject().series, q = state.quantity, told = own[q][state.lead][city], seen = D.observed[q][city];
  const low = q === "pm25" ? own.low[state.lead][city] : [], high = q === "pm25" ? own.high[state.lead][city] : [];
  const axis = scale([...told, ...seen, ...high], true), every = Math.ceil(D.days.length / Math.max(3, width / 90));
  const labels = D.days.map((day, k) => [k, day.slice(5)]).filter(([k]) => k % every === 0).map(([k, text]) => [(k + 0.5) / D.days.length, text]);
  const made = drawing(() => {
    const { svg, x, y } = frame(width, height, axis, labels, `${q} forecast and observed in ${D.cities[city]}`);
    const at = (k) => x((k + 0.5) / D.days.length);
    const limits = q === "aqi" ? D.limits : [115, 150, 250];
    for (const limit of limits) if (limit <= axis.high) svg.append(node("line", { x1: x(0), x2: x(1), y1: y(limit), y2: y(limit), stroke: "#a3161f", "stroke-dasharray": limit === limits[1] ? undefined : "3 3", "stroke-opacity": 0.5 }));
    D.days.forEach((_, k) => { if (high[k] !== null && high[k] !== undefined) svg.append(node("line", { x1: at(k), x2: at(k), y1: y(low[k]), y2: y(high[k]), stroke: "#9cc3e6", "stroke-width": Math.max(1.5, (width - 54) / D.days.length - 1) })); });
    svg.append(node("path", { d: path(told, at, y), fill: "none", stroke: COLOURS[0], "stroke-width": 2 }));
    seen.forEach((value, k) => { if (value !== null) svg.append(node("circle", { cx: at(k), cy: y(value), r: 2.6, fill: "#1a1a1a" })); });
    D.days.forEach((day, k) => {
      const zone = node("rect", { x: x(k / D.days.length), width: x(1 / D.days.length) - x(0), y: 10, height: height - 36, fill: "transparent" });
      tip(zone, `${day}\n观测 observed ${show(seen[k])}\n预报 forecast ${show(told[k])}${high[k] !== undefined ? ` (${show(low[k])}–${show(high[k])})` : ""}`);
      svg.append(zone);
    });
    return svg;
  });
  const names = [[`预报 forecast, 提前 ${D.leads[state.lead]} 天`, `background:${COLOURS[0]}`], ["观测 observed", "background:#1a1a1a;border-radius:50%;width:.7rem"], ["重污染线 heavy", "background:#a3161f;height:2px"]];
  if (q === "pm25") names.push(["10–90 %", "background:#9cc3e6"]);
  byId("series").replaceChildren(node("p", { class: "soft" }, `${D.cities[city]}${state.city === ALL ? "（重污染天最多 most heavy days）" : ""}, ${q === "aqi" ? "AQI" : "PM2.5, µg/m³"}`), key(names), made);
}
function worst() { return [...D.cities.keys()].reduce((best, city) => (seenDays(city) > seenDays(best) ? city : best), 0); }

function scoreChart() {
  const own = comparison(), entry = own.scores[state.score], width = Math.max(340, Math.min(820, byId("score-chart").clientWidth)), height = 270;
  if (!entry) { byId("score-chart").replaceChildren(node("p", { class: "soft" }, "此处没有 not available here")); byId("score-table").replaceChildren(); return; }
  const rows = own.sources.map((name, s) => ({ name, s, values: entry.values[s].map((lead) => lead[state.city]) })).filter((row) => row.values.some((value) => value !== null));
  const whole = state.city === ALL, ends = whole ? rows.flatMap((row) => [...entry.low[row.s], ...entry.high[row.s]]) : [];
  const axis = scale([...rows.flatMap((row) => row.values), ...ends], true), count = D.leads.length, shift = (k) => (k + 0.5) / count;
  const svg = drawing(() => {
    const { svg, x, y } = frame(width, height, axis, D.leads.map((lead, k) => [shift(k), `第${lead}天`]), words(state.score));
    rows.forEach((row, place) => {
      const at = (k) => x(shift(k)) + (place - (rows.length - 1) / 2) * 5, stroke = colour(row.name, row.s);
      svg.append(node("path", { d: path(row.values, at, y), fill: "none", stroke, "stroke-width": row.s ? 1.6 : 2.6, "stroke-dasharray": DASH[row.name] }));
      row.values.forEach((value, k) => {
        if (value === null) return;
        const low = whole ? entry.low[row.s][k] : null, high = whole ? entry.high[row.s][k] : null;
        if (low !== null && high !== null) svg.append(node("line", { x1: at(k), x2: at(k), y1: y(low), y2: y(high), stroke, "stroke-opacity": 0.7 }));
        const dot = node("circle", { cx: at(k), cy: y(value), r: 4, fill: stroke });
        tip(dot, `${row.name}, 第 ${D.leads[k]} 天\n${show(value, state.score)}${low === null ? "" : ` (${show(low, state.score)} – ${show(high, state.score)})`}`);
        svg.append(dot);
      });
    });
    return svg;
  });
  byId("score-chart").replaceChildren(key(rows.map((row) => [row.name, `background:${colour(row.name, row.s)}`])), svg);
  byId("score-words").textContent = `${words(state.score)} · ${cityName(state.city)}。${own.remarks.map((text, s) => (text ? `${own.sources[s]}: ${text}` : "")).filter(Boolean).join("; ")}${benchmark()}${weighted()}`;
  byId("score-table").replaceChildren(table(["", ...D.leads.map((lead) => `第 ${lead} 天`)], rows.map((row) => node("tr", {}, node("th", { scope: "row" }, row.name), ...row.values.map((value, k) => {
    const low = whole ? entry.low[row.s][k] : null;
    return node("td", {}, show(value, state.score), low === null ? null : node("small", {}, `${show(low, state.score)} – ${show(entry.high[row.s][k], state.score)}`));
  })))));
}
function benchmark() {
  const [pollutant, name] = state.score.split(":"), known = D.benchmarks.filter((entry) => entry.pollutant === pollutant && entry[name] !== undefined && entry[name] !== null);
  if (!known.length) return "";
  return ` 参考 others ask: ${known.map((entry) => `${entry.source} ${entry.kind} ${name === "r" ? `> ${entry.r}` : `${name === "nmb" ? "±" : "≤ "}${show(entry[name], name)}`}`).join("; ")}.`;
}
function weighted() {
  const own = comparison();
  if (state.score !== "aqi:cma_composite") return "";
  return ` 第 1–3 天加权 lead days 1 to 3 weighted 0.5, 0.3, 0.2: ${own.sources.map((name, s) => `${name} ${show(own.weighted[s])}`).join("; ")}.`;
}
function allScores() {
  const own = comparison();
  byId("all-scores").replaceChildren(table(["", ...D.leads.map((lead) => `第 ${lead} 天`)], Object.keys(own.scores).map((name) => node("tr", {}, node("th", { scope: "row" }, words(name)), ...D.leads.map((_, lead) => node("td", {}, show(score(name, 0, lead, state.city), name)))))));
}
function square(id, title, note, draw) {
  const width = 340, axis = { low: 0, high: 1, ticks: [0, 0.2, 0.4, 0.6, 0.8, 1] };
  const svg = drawing(() => { const made = frame(width, 300, axis, [0, 0.2, 0.4, 0.6, 0.8, 1].map((t) => [t, String(t)]), title); draw(made); return made.svg; });
  byId(id).replaceChildren(node("h3", {}, title), svg, node("p", { class: "soft" }, note));
}
function chances() {
  const own = subject(), lead = D.leads[state.lead], found = own.probabilities.find((entry) => entry.limit === state.limit && entry.lead === lead);
  const ranks = own.ranks.find((entry) => entry.lead === lead);
  byId("chances").hidden = !found && !ranks;
  for (const id of ["reliability", "roc", "ranks"]) byId(id).replaceChildren();
  byId("brier").textContent = "";
  if (found) {
    byId("brier").textContent = `AQI > ${state.limit}, 第 ${lead} 天: Brier ${show(found.score)} = 失校 miscalibration ${show(found.miscalibration)} − 分辨 discrimination ${show(found.discrimination)} + 不确定 uncertainty ${show(found.uncertainty)}; ${found.events} / ${found.number} 例 cases; BSS（对样本频率 against the sample's frequency） ${found.uncertainty ? show(1 - found.score / found.uncertainty, "skill") : "–"}`;
    const [number, told, seen] = found.bins, most = Math.max(...number, 1);
    square("reliability", "可靠性 reliability", "柱：各概率档样本占比（相对）；点：各档实况频率；线：保序回归。 Bars: how often a probability is given; dots: how often it came; line: isotonic fit.", ({ svg, x, y }) => {
      number.forEach((count, k) => svg.append(node("rect", { x: x(k / 10) + 1, width: x(0.1) - x(0) - 2, y: y((0.3 * count) / most), height: y(0) - y((0.3 * count) / most), fill: "#dbe7f2" })));
      svg.append(node("line", { x1: x(0), y1: y(0), x2: x(1), y2: y(1), class: "axis", "stroke-dasharray": "4 4" }));
      svg.append(node("path", { d: found.curve[0].map((p, k) => `${k ? "L" : "M"}${x(p)} ${y(found.curve[1][k])}`).join(""), fill: "none", stroke: COLOURS[0], "stroke-width": 2 }));
      told.forEach((p, k) => { if (p === null) return; const dot = node("circle", { cx: x(p), cy: y(seen[k]), r: 4.5, fill: COLOURS[1] }); tip(dot, `预报 forecast ${show(p, "skill")}\n实况 observed ${show(seen[k], "skill")}\n${number[k]} 例 cases`); svg.append(dot); });
    });
    if (found.roc[0].length) square("roc", `ROC，面积 area ${show(found.area)}`, "横：误报率；纵：报中率。 Across: false alarm rate; up: hit rate.", ({ svg, x, y }) => {
      svg.append(node("line", { x1: x(0), y1: y(0), x2: x(1), y2: y(1), class: "axis", "stroke-dasharray": "4 4" }));
      svg.append(node("path", { d: found.roc[0].map((p, k) => `${k ? "L" : "M"}${x(p)} ${y(found.roc[1][k])}`).join(""), fill: "none", stroke: COLOURS[0], "stroke-width": 2 }));
    });
  }
  if (ranks) {
    const count = ranks.share.length, axis = scale([...ranks.share, 2 / count], true);
    const svg = drawing(() => {
      const { svg, x, y } = frame(340, 300, axis, [[0.5 / count, "低 low"], [1 - 0.5 / count, "高 high"]], "rank histogram");
      ranks.share.forEach((share, k) => { const bar = node("rect", { x: x(k / count) + 1, width: x(1 / count) - x(0) - 2, y: y(share), height: y(0) - y(share), fill: "#7fa8cc" }); tip(bar, show(share, "skill")); svg.append(bar); });
      svg.append(node("line", { x1: x(0), x2: x(1), y1: y(1 / count), y2: y(1 / count), stroke: COLOURS[1], "stroke-dasharray": "4 4" }));
      return svg;
    });
    byId("ranks").replaceChildren(node("h3", {}, "秩直方图 rank histogram, PM2.5"), svg, node("p", { class: "soft" }, `${ranks.fewest}–${ranks.most} 个成员 members。平为佳；两端高则离散不足，右端高则偏低。 Flat is good; high ends: too little spread; high right end: too low.`));
  }
}
function levels() {
  const own = subject(), names = ["优", "良", "轻度", "中度", "重度", "严重"];
  byId("confusion").replaceChildren(table(["预报＼观测 forecast \\ observed", ...names, "准确率 right"], own.confusion.map((row, told) => {
    const total = row.reduce((a, b) => a + b, 0);
    return node("tr", {}, node("th", { scope: "row" }, names[told]), ...row.map((count, seen) => node("td", { style: total ? `background:rgba(11,79,138,${(0.45 * count) / total})${seen === told ? ";font-weight:700" : ""}` : undefined }, String(count))), node("td", {}, total ? show(row[told] / total, "accuracy") : "–"));
  })));
  byId("flip").textContent = own.flip ? `同一天的预报级别逐次翻转指数 flip-flop index of the level ${show(own.flip.index)}；有回摆的日子 days whose level turned back ${show(own.flip.reversals, "skill")}（${own.flip.number} 城日 city-days）。` : "";
}
function warnings() {
  const own = subject().warnings;
  byId("warnings").hidden = !own;
  if (!own) return;
  byId("rules").textContent = `${D.rules}。观测过程由同一规则判定；提前量要求 notice asked for ${D.notice} h。 Observed spells are found by the same rules.`;
  const mean = (list) => (list.length ? show(list.reduce((a, b) => a + b, 0) / list.length) : "–");
  byId("warning-table").replaceChildren(table(["级别 level", "观测 observed", "报中 hit", "晚报 late", "漏报 missed", "空报 false", "撤回 withdrawn", "平均提前 h", `提前≥${D.notice} h`, "起始误差 h", "结束误差 h"], own.levels.map((row) => node("tr", {},
    node("th", { scope: "row" }, `${row.zh} ${row.level}`), ...[row.hit + row.late + row.miss, row.hit, row.late, row.miss, row.false, row.withdrawn].map((count) => node("td", {}, String(count))),
    node("td", {}, mean(row.notices)), node("td", {}, String(row.notices.filter((hours) => hours >= D.notice).length)), node("td", {}, show(row.start_error)), node("td", {}, show(row.end_error))))));
  const names = ["报中率 POD", "空报占比 FAR"];
  byId("warning-days").replaceChildren(node("p", { class: "soft" }, `按日 by day${own.flip ? `；级别回摆的日子 levels that turned back ${show(own.flip.reversals, "skill")}` : ""}`), node("div", { class: "scroll" }, table(["", ...D.leads.map((lead) => `第 ${lead} 天`)], own.levels.flatMap((row, k) => ["pod", "far"].map((name, n) => node("tr", {}, node("th", { scope: "row" }, `${row.zh} ${names[n]}`), ...own.days[k][name].map((value) => node("td", {}, show(value, "skill")))))))));
  const said = { hit: "报中", late: "晚报", miss: "漏报" };
  byId("spells").replaceChildren(table(["级别 level", "城市 city", "开始 start", "结束 end", "结果 outcome", "提前 h"], own.levels.slice(0, 1).flatMap((row) => row.spells.map((spell) => node("tr", {}, node("th", { scope: "row" }, spell[3]), ...[spell[0], spell[1], spell[2], `${said[spell[4]]} ${spell[4]}`, show(spell[5])].map((text) => node("td", {}, text)))))));
}

function fill(id, entries, chosen) {
  byId(id).replaceChildren(...entries.map(([value, text]) => node("option", { value, ...(String(value) === String(chosen) ? { selected: "" } : {}) }, text)));
}
function choices() {
  fill("stream", [...Object.keys(D.streams).map((name) => [name, name]), ...(D.together ? [["together", "全部 together"]] : [])], state.stream);
  fill("limit", D.limits.map((limit) => [limit, `AQI ${limit}`]), state.limit);
  const rules = [...new Set(Object.keys(comparison().scores).map((name) => (name.match(/hits_\d+(_p\d+)$/) || [])[1]).filter(Boolean))];
  if (state.rule && !rules.includes(state.rule)) state.rule = "";
  fill("rule", [["", "中位数 median"], ...rules.map((rule) => [rule, `概率 P ≥ ${rule.slice(2)} %`])], state.rule);
  fill("city", [[ALL, cityName(ALL)], ...D.cities.map((name, k) => [k, name])], state.city);
  fill("lead", D.leads.map((lead, k) => [k, `${lead}`]), state.lead);
  fill("score", Object.keys(comparison().scores).map((name) => [name, words(name)]), state.score);
  byId("pick-stream").hidden = Object.keys(D.streams).length === 1;
}
function draw() { headline(); heavyTable(); seriesChart(); scoreChart(); allScores(); chances(); levels(); warnings(); }
function set(changes) { Object.assign(state, changes); choices(); draw(); }
for (const id of ["stream", "rule", "score", "quantity"]) byId(id).addEventListener("change", (event) => set({ [id]: event.target.value }));
for (const id of ["limit", "city", "lead"]) byId(id).addEventListener("change", (event) => set({ [id]: Number(event.target.value) }));
let width = innerWidth;
addEventListener("resize", () => { if (innerWidth !== width) { width = innerWidth; draw(); } });
set({});
