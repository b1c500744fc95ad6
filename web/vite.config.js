// One page without network: script, style and fonts go into the HTML, because a page opened from disk
// may load classic scripts and pictures beside it, but neither modules nor fetched files.
import { readFileSync, readdirSync } from "node:fs"
import { defineConfig } from "vite"
import { viteSingleFile } from "vite-plugin-singlefile"

const INSIDE = ["@fontsource-variable/inter", "@fontsource-variable/newsreader", "@photo-sphere-viewer/core",
  "@photo-sphere-viewer/visible-range-plugin", "openseadragon", "three"]

/** What is built into the page asks that its licence goes with it. */
const licences = {
  name: "licences",
  transformIndexHtml() {
    const texts = INSIDE.map((name) => {
      const file = readdirSync(`node_modules/${name}`).find((file) => file.startsWith("LICENSE"))
      return `${name}\n\n${readFileSync(`node_modules/${name}/${file}`, "utf8").trim()}\n`
    })
    return [{ tag: "script", attrs: { type: "text/plain", id: "licences" }, children: `\n${texts.join("\n\n")}`, injectTo: "body" }]
  },
}

export default defineConfig({
  base: "./",
  plugins: [licences, viteSingleFile({ removeViteModuleLoader: true })],
  build: { outDir: "../src/farside/control/static", emptyOutDir: true, target: "es2022", reportCompressedSize: false,
    chunkSizeWarningLimit: 2000 },
})
