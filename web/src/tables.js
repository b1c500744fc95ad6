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

/** Every byte from instrument to centre. */
export function ledger(place, { ledger }) {
  if (!ledger) return place.replaceChildren()
  const numeric = ledger.columns.map((_, i) => ledger.rows.length > 0 && ledger.rows.every((row) => typeof row[i] === "number"))
  place.replaceChildren(
    h("h2", { id: "ledger-h" }, "Every byte accounted for"),
    ledger.text && h("p", { class: "note" }, ledger.text),
    table("ledger", ledger.columns, ledger.rows.map((row) => row.map(grouped)), numeric))
}

/** The flight beside the mission as flown, the products beside the truth. */
export function score(place, { checks }) {
  if (!checks.length) return place.replaceChildren()
  const counted = checks.filter((check) => check.verdict !== "not applicable")
  const held = counted.filter((check) => check.verdict === "ok").length
  const rows = checks.map((check) => {
    const [sign, word] = VERDICTS[check.verdict]
    return [
      h("span", {}, check.name, check.source && h("small", {}, check.source)),
      grouped(check.measured), grouped(check.expected), grouped(check.tolerance),
      h("span", { class: `verdict ${check.verdict.split(" ")[0]}` }, h("b", { "aria-hidden": "true" }, sign), word),
    ]
  })
  place.replaceChildren(
    h("h2", { id: "score-h" }, "Against the mission as flown"),
    h("p", { class: "note" }, `${held} of ${counted.length} checks hold.`),
    table("score", ["", "this flight", "expected", "tolerance", ""], rows, [false, true, true, true, false]))
}
