// The flight's content lies beside the page as scripts: the only files a page opened from disk may read.
// While data still arrive, flight.js is read again every few seconds; nothing is reloaded that did not change.

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

/** Call `show` with the flight's content now and whenever it has changed; `missing` if there is none. */
export async function watch(show, missing) {
  let last = ""
  let again = true
  for (let n = 0; again; n++) {
    if (!document.hidden) {
      try {
        await script(n ? `flight.js?${Date.now()}` : "flight.js")
        const text = JSON.stringify(delivered.flight)
        if (text !== last) show(delivered.flight)
        last = text
        again = !delivered.flight.finished
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
