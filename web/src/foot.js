import { h } from "./dom.js"

/** Where it all comes from; on the page of an instrument, the way to the others. */
export function foot(place, { key, pages, links, provenance, simulated }) {
  place.replaceChildren(
    h("div", { class: "origin" },
      key && h("nav", { "aria-label": "Instruments" }, h("ul", {}, pages.map((page) =>
        h("li", {}, h("a", { href: `${page.key}.html`, "aria-current": page.key === key && "page" }, page.title))))),
      simulated && h("p", {}, "Nothing on this page was photographed: a flight was simulated from published numbers, and everything shown was made from the bytes that crossed its simulated radio links, with the tools that read the real mission's files."),
      provenance.length > 0 && h("dl", {}, provenance.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])),
      links.length > 0 && h("ul", {}, links.map((link) => h("li", {}, h("a", { href: link.href }, link.text))))))
}
