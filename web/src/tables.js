import { h } from "./dom.js"
import { grouped } from "./words.js"

const VERDICTS = { ok: ["✓", "holds"], off: ["✕", "off"], "not applicable": ["–", "not applicable"] }

function table(label, columns, rows, numeric) {
  const side = (i) => (numeric[i] ? "n" : "")
  return h("div", { class: "scroll", role: "region", "aria-label": label, tabindex: 0 },
    h("table", {},
      h("thead", {}, h("tr", {}, columns.map((name, i) => h("th", { scope: "col", class: side(i) }, name)))),
      h("tbody", {}, rows.map((row) => h("tr", {}, row.map((cell, i) =>
        i === 0 ? h("th", { scope: "row" }, cell) : h("td", { class: side(i), "data-label": columns[i] }, cell)))))))
}

function shown(id, title, { columns, rows, text }) {
  const numeric = columns.map((_, i) => rows.length > 0 && rows.every((row) => typeof row[i] === "number"))
  return [
    h("h2", { id: `${id}-h` }, title),
    text && h("p", { class: "note" }, text),
    table(title, columns, rows.map((row) => row.map(grouped)), numeric),
  ].filter(Boolean)
}

/** Every byte from instrument to centre. */
export function ledger(place, { ledger }) {
  place.replaceChildren(...(ledger ? shown("ledger", "Every byte accounted for", ledger) : []))
}

/** What of one instrument's data arrived. */
export function arrived(place, { arrived }) {
  place.replaceChildren(...(arrived ? shown("ledger", "What arrived", arrived) : []))
}

/** How many checks hold, of those that apply: "7 of 8 checks hold". */
export const holding = (held, counted) => `${held} of ${counted} ${counted === 1 ? "check holds" : "checks hold"}`

export function tally(checks) {
  const counted = checks.filter((check) => check.verdict !== "not applicable")
  return [counted.filter((check) => check.verdict === "ok").length, counted.length]
}

function verdicts(place, title, checks) {
  if (!checks.length) return place.replaceChildren()
  const rows = checks.map((check) => {
    const [sign, word] = VERDICTS[check.verdict]
    return [
      h("span", {}, check.name, check.source && h("small", {}, check.source)),
      grouped(check.measured), grouped(check.expected), grouped(check.tolerance),
      h("span", { class: `verdict ${check.verdict.split(" ")[0]}` }, h("b", { "aria-hidden": "true" }, sign), word),
    ]
  })
  place.replaceChildren(
    h("h2", { id: "score-h" }, title),
    h("p", { class: "note" }, `${holding(...tally(checks))}.`),
    table(title, ["", "this flight", "expected", "tolerance", ""], rows, [false, true, true, true, false]))
}

/** The flight beside the mission as flown, the products beside the truth. */
export const score = (place, { checks }) => verdicts(place, "Against the mission as flown", checks)

/** One instrument's products beside the truth. */
export const errors = (place, { checks }) => verdicts(place, "How wrong it is", checks)
