// One page without network: script, style and fonts go into the HTML, because a page opened from disk
// may load classic scripts and pictures beside it, but neither modules nor fetched files.
import { defineConfig } from "vite"
import { viteSingleFile } from "vite-plugin-singlefile"

export default defineConfig({
  base: "./",
  plugins: [viteSingleFile({ removeViteModuleLoader: true })],
  build: { outDir: "../src/farside/control/static", emptyOutDir: true, target: "es2022", reportCompressedSize: false,
    chunkSizeWarningLimit: 2000 },
})
