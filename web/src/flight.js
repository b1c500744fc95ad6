// What a page shows lies beside it as a script: the only files a page opened from disk may read.
// While data still arrive, the script is read again every few seconds; nothing is reloaded that did not change.

const EVERY_MS = 3000

function script(source) {
  return new Promise((resolve, reject) => {
    const tag = document.createElement("script")
    tag.src = source
    tag.onload = () => resolve(tag.remove())
    tag.onerror = () => reject(new Error(source))
    document.head.append(tag)
  })
}

const delivered = {}
window.farside = (name, value) => (delivered[name] = value)

/** Call `show` with what NAME.js beside the page holds, now and whenever it has changed; `missing` if there is none. */
export async function watch(name, show, missing) {
  let last = ""
  let again = true
  for (let n = 0; again; n++) {
    if (!document.hidden) {
      try {
        await script(n ? `${name}.js?${Date.now()}` : `${name}.js`)
        const content = delivered.flight ?? delivered.page ?? delivered.orbit
        const text = JSON.stringify(content)
        if (text !== last) show(content)
        last = text
        again = !content.finished
      } catch {
        if (!last) missing()
      }
    }
    if (again) await new Promise((resolve) => setTimeout(resolve, EVERY_MS))
  }
}

/** The panorama's picture as a data URI. */
export async function panoramaPicture(source) {
  await script(source)
  return delivered.panorama
}
