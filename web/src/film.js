import { h } from "./dom.js"
import { clock, film as minutes, height, wrong } from "./words.js"
import { profile } from "./profile.js"
import { track } from "./track.js"

let drawn = ""

/** The landing film with height and speed beside it, chapters, and the height profile as its time line. */
export function film(place, { footage }) {
  const key = JSON.stringify(footage)
  const playing = place.querySelector("video")
  // a longer version of the film waits until nobody is watching the shorter one
  if (key === drawn || (playing && footage && !playing.paused)) return
  drawn = key
  if (!footage) return place.replaceChildren()
  place.replaceChildren(...told("film", "The landing", footage.caption, footage))
}

/** Films of one instrument, one below the other. */
export function films(place, { films: list }) {
  const key = JSON.stringify(list)
  if (key === drawn || [...place.querySelectorAll("video")].some((video) => !video.paused)) return
  drawn = key
  place.replaceChildren(...list.flatMap((footage, i) => told(i ? "" : "films", i ? "" : list.length > 1 ? "Films" : "Film", footage.caption, footage)))
}

function told(id, title, caption, footage) {
  return [
    title && h("h2", { id: `${id}-h` }, title),
    caption && h("p", { class: "note" }, caption),
    footage.error && h("p", { class: "note wrong" }, wrong(footage.error)),
    reel(footage),
  ].filter(Boolean)
}

/** A film with what is known of its time: readings, profile, chapters. */
function reel(footage) {
  const video = h("video", {
    src: footage.src, poster: footage.poster, controls: true, playsinline: true, preload: "metadata", muted: true,
    width: footage.width, height: footage.height, "aria-label": footage.alt,
  })
  const go = (seconds) => {
    video.currentTime = seconds
    if (video.paused) video.play().catch(() => {})
  }
  const chapters = footage.chapters.map((chapter) =>
    h("li", {}, h("button", { type: "button", onclick: () => go(chapter.at_s) },
      h("span", { class: "n" }, minutes(chapter.at_s)), chapter.name)))
  const panel = readout(footage.readings)
  const curve = profile(footage, video)
  const map = track(footage)

  const follow = () => {
    const now = video.currentTime
    panel?.show(now)
    curve?.show(now)
    map?.show(now)
    const current = footage.chapters.findLastIndex((chapter) => chapter.at_s <= now + 0.01)
    chapters.forEach((item, i) => item.firstChild.toggleAttribute("aria-current", i === current))
  }
  // with each picture while it plays, and after a jump
  const step = () => {
    follow()
    if (!video.paused && video.isConnected) requestAnimationFrame(step)
  }
  video.addEventListener("play", step)
  for (const name of ["seeked", "loadedmetadata", "timeupdate"]) video.addEventListener(name, follow)
  follow()
  const plots = [curve?.node, map?.node].filter(Boolean)
  const beside = [panel?.node, plots.length > 0 && h("div", { class: "plots" }, plots), chapters.length > 0 && h("ol", { class: "chapters", "aria-label": "Chapters" }, chapters)].filter(Boolean)
  return h("div", { class: beside.length ? "film" : "film alone", style: `--ratio:${footage.width / footage.height}` },
    h("div", { class: "screen" }, video),
    beside.length > 0 && h("div", { class: "beside" }, beside))
}

/** Linear between records (readings, fixes) in order of `at_s`; held before the first and after the last. */
export function at(records, seconds) {
  const i = records.findIndex((record) => record.at_s > seconds)
  if (i === 0) return records[0]
  if (i < 0) return records.at(-1)
  const [a, b] = [records[i - 1], records[i]]
  const w = (seconds - a.at_s) / (b.at_s - a.at_s)
  const between = ([name, value]) => [name, typeof value === "number" ? value + w * (b[name] - value) : value]
  return Object.fromEntries(Object.entries(a).map(between))
}

function readout(readings) {
  if (!readings.length) return null
  const value = (name) => {
    const number = h("b", {})
    const unit = h("span", {})
    return { node: h("div", {}, h("dt", {}, name), h("dd", {}, number, " ", unit)), number, unit }
  }
  const [utc, up, speed] = [value("UTC"), value("height"), value("speed")]
  return {
    node: h("dl", { class: "readout" }, up.node, speed.node, utc.node),
    show(seconds) {
      const now = at(readings, seconds)
      const [number, unit] = height(now.altitude_m)
      up.number.textContent = number
      up.unit.textContent = unit
      speed.number.textContent = now.speed_mps >= 100 ? now.speed_mps.toFixed(0) : now.speed_mps.toFixed(1)
      speed.unit.textContent = "m/s"
      utc.number.textContent = clock(now.utc)
    },
  }
}
