// The page of a relay's orbit: a scene, what is to be read from it now, and a time slider over what happens when.

import "../style.css"
import "./orbit.css"
import { Vector3 } from "three"
import { calm, find, h } from "../dom.js"
import { watch } from "../flight.js"
import { degrees, moment } from "../words.js"
import { lanes } from "./lanes.js"
import { COLOURS, scene } from "./scene.js"
import { FRAMES, sky } from "./sky.js"

const SPEEDS = [["1 h/s", 3600], ["6 h/s", 21600], ["1 d/s", 86400]]
// directions to look from (none: from the Earth); with the Earth-Moon line fixed, x is away from the Earth, z north
const VIEWS = [
  ["Obliquely", { direction: new Vector3(0.5, -1, 0.45) }],
  ["From the Earth", {}],
  ["From the side", { direction: new Vector3(0, -1, 0.001) }],
  ["From above", { direction: new Vector3(-0.001, 0, 1) }],
  ["With the Earth", { direction: new Vector3(0.35, -1, 0.4), withEarth: true }],
]

watch("orbit", page, () => find("orbit").replaceChildren(h("p", { class: "plain" }, "No orbit lies beside this page (orbit.js is missing).")))

function page(content) {
  document.title = [content.title, "farside"].join(" · ")
  const world = sky(content)
  const start = Date.parse(content.start_utc)
  const state = { t: 0, frame: "rotating", chosen: 0, playing: false, speed: SPEEDS[1][1] }

  const screen = h("div", { class: "screen", tabindex: 0, role: "img", "aria-label": content.text })
  const told = h("p", {})
  const clock = h("p", { class: "clock n" })
  const values = h("dl", { class: "values" })
  const beside = h("aside", {}, clock, values)
  const slider = h("input", { type: "range", min: 0, max: world.end, step: Math.min(world.step, 600), value: 0, "aria-label": "Time" })
  const play = h("button", { class: "play", onclick: () => run(!state.playing) })
  const strip = lanes(() => content.orbits[state.chosen].lanes, world.end, start)
  const row = (label, entries, pressed, choose) => {
    const buttons = entries.map(([text, value, color]) => h("button", { onclick: () => (choose(value), refresh()) }, color && h("i", { style: `background:${color}` }), text))
    const update = () => buttons.forEach((button, i) => button.setAttribute("aria-pressed", String(pressed(entries[i][1]))))
    return { node: h("div", { role: "group", "aria-label": label }, buttons), update }
  }
  const rows = [
    content.orbits.length > 1 && row("Relay", content.orbits.map((orbit, i) => [orbit.title, i, COLOURS[i % COLOURS.length]]),
      (i) => i === state.chosen, (i) => ((state.chosen = i), strip.draw(), frameAll(VIEWS[0]))),
    row("Axes", FRAMES.map(([name, text]) => [text, name]), (name) => name === state.frame, (name) => ((state.frame = name), frameAll(VIEWS[0]))),
    row("Speed", SPEEDS.map(([text, value]) => [text, value]), (value) => value === state.speed, (value) => (state.speed = value)),
  ].filter(Boolean)
  const views = h("div", { role: "group", "aria-label": "View" }, VIEWS.map((view) => h("button", { onclick: () => (frameAll(view), refresh()) }, view[0])))

  find("orbit").replaceChildren(
    h("header", { class: "title" }, h("h1", {}, content.title), told),
    h("figure", { class: "space" }, screen, beside),
    h("div", { class: "drive" }, play, h("div", { class: "along" }, strip.node, slider)),
    h("div", { class: "choices" }, rows.map((r) => r.node), views),
    h("p", { class: "small" }, "Moon, Earth and orbit are to scale. The blue cone is the Moon’s shadow. Numbers beside the scene are geometric, without light time. Drag turns, the wheel zooms, right drag moves; space plays."))

  let stage
  try {
    stage = scene(screen, beside, world)
  } catch {
    screen.replaceChildren(h("p", { class: "plain" }, "This browser cannot draw in three dimensions (WebGL). The charts beside this page show the same orbit."))
    document.documentElement.dataset.ready = "flat"
    return
  }

  const frameAll = ([, view]) => stage.look(view, state.frame, state.chosen, state.t)

  function refresh() {
    stage.show(state.t, state.frame, state.chosen)
    rows.forEach((r) => r.update())
    clock.textContent = moment(start + state.t * 1000)
    told.textContent = [content.orbits[state.chosen].text, content.text].join(" ")
    slider.value = state.t
    slider.setAttribute("aria-valuetext", clock.textContent)
    strip.at(state.t)
    play.textContent = state.playing ? "Pause" : "Play"
    values.replaceChildren(...readings(world, content.orbits[state.chosen], world.orbits[state.chosen], state.t))
    document.documentElement.dataset.at = state.t.toFixed(0)
  }

  let last
  function step(now) {
    if (!state.playing) return
    state.t += (Math.min(now - (last ?? now), 100) / 1000) * state.speed
    last = now
    if (state.t >= world.end) {
      state.t = world.end
      state.playing = false
    }
    refresh()
    requestAnimationFrame(step)
  }
  function run(playing) {
    state.playing = playing
    if (playing && state.t >= world.end) state.t = 0
    last = undefined
    refresh()
    if (playing) requestAnimationFrame(step)
  }

  slider.addEventListener("input", () => {
    state.t = Number(slider.value)
    refresh()
  })
  screen.addEventListener("keydown", (event) => {
    if (event.key !== " ") return
    event.preventDefault()
    run(!state.playing)
  })
  stage.controls.addEventListener("change", () => stage.show(state.t, state.frame, state.chosen))
  new ResizeObserver(() => (stage.fit(), refresh())).observe(screen)
  frameAll(VIEWS[0])
  run(false)
  document.documentElement.dataset.ready = "finished"
  if (!calm() && world.end > state.speed) run(true)
}

/** What is to be read now, as terms and values. */
function readings(world, content, orbit, t) {
  const seen = world.seen(orbit, t)
  const km = (thousands) => `${Math.round(thousands * 1000).toLocaleString("en-GB").replaceAll(",", "\u202f")} km`
  const pairs = [
    ["From the Moon’s centre", km(seen.range)],
    ["From the Earth’s centre", km(seen.earth)],
    ["Earth", seen.hidden ? "behind the Moon" : "in view"],
  ]
  if (world.site) {
    const up = seen.elevation >= world.site.mask_deg
    pairs.unshift([`Over ${world.site.name}`, up ? `${degrees(seen.elevation, 1)} high, azimuth ${degrees(seen.azimuth, 0)}` : "below its horizon"])
    pairs.push(["Site to Earth, one way", `${seen.light_s.toFixed(2)} s`])
  }
  for (const lane of content.lanes) {
    if (lane.shadow && lane.spans.some(([from, to]) => from <= t && t <= to)) pairs.push([lane.name, "now"])
  }
  return pairs.flatMap(([term, value]) => [h("dt", {}, term), h("dd", { class: "n" }, value)])
}
