// Pages without network: script, style and fonts go into the HTML, because a page opened from disk
// may load classic scripts and pictures beside it, but neither modules nor fetched files.
// One page a build, named by the mode: `vite build` makes index.html, `vite build --mode orbit` orbit.html beside it.
import { readFileSync, readdirSync } from "node:fs"
import { defineConfig } from "vite"
import { viteSingleFile } from "vite-plugin-singlefile"

const INSIDE = {
  index: ["@fontsource-variable/inter", "@fontsource-variable/newsreader", "@photo-sphere-viewer/core",
    "@photo-sphere-viewer/visible-range-plugin", "openseadragon", "three"],
  orbit: ["@fontsource-variable/inter", "@fontsource-variable/newsreader", "three"],
}

/** What is built into the page asks that its licence goes with it. */
const licences = (packages) => ({
  name: "licences",
  transformIndexHtml() {
    const texts = packages.map((name) => {
      const file = readdirSync(`node_modules/${name}`).find((file) => file.startsWith("LICENSE"))
      return `${name}\n\n${readFileSync(`node_modules/${name}/${file}`, "utf8").trim()}\n`
    })
    return [{ tag: "script", attrs: { type: "text/plain", id: "licences" }, children: `\n${texts.join("\n\n")}`, injectTo: "body" }]
  },
})

export default defineConfig(({ mode }) => {
  const page = mode in INSIDE ? mode : "index"
  return {
    base: "./",
    plugins: [licences(INSIDE[page]), viteSingleFile({ removeViteModuleLoader: true })],
    build: { outDir: "../src/farside/control/static", emptyOutDir: page === "index", target: "es2022",
      reportCompressedSize: false, chunkSizeWarningLimit: 2000, rolldownOptions: { input: `${page}.html` } },
  }
})
