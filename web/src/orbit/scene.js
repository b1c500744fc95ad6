// Moon, Earth, orbits and lines of sight in three dimensions, all to scale; lengths in thousands of kilometres.

import {
  AmbientLight, Box3, BufferAttribute, BufferGeometry, CanvasTexture, Color, ConeGeometry, DirectionalLight, DoubleSide, Group, Line,
  LineBasicMaterial, LineDashedMaterial, Mesh, MeshBasicMaterial, MeshLambertMaterial, PerspectiveCamera, Points,
  PointsMaterial, Quaternion, Scene, SphereGeometry, SRGBColorSpace, Vector3, WebGLRenderer,
} from "three"
import { OrbitControls } from "three/examples/jsm/controls/OrbitControls.js"
import { h } from "../dom.js"

const MOON_RADIUS = 1.7374
const EARTH_RADIUS = 6.371
const UMBRA_SHOWN = 110
const UPRIGHT_DEG = 32 // field of view
const FILLED = 0.86 // of the screen's half width and height, by what one looks at
const SUN_AT = 0.7 // of the extent of what one looks at: there the Sun's direction is named
const BLUE = "#8fbce8"
const SUN = "#f0b429"
const GREY = "#77736b"
export const COLOURS = ["#8fbce8", "#f0b429", "#d58bb4", "#4cc3a5", "#e8e4da", "#d95f1e"] // told apart by colour-blind people

/** readings: the box that lies over the screen's right side, where there is room. */
export function scene(screen, readings, world) {
  const renderer = new WebGLRenderer({ antialias: true })
  renderer.setPixelRatio(Math.min(devicePixelRatio, 2))
  screen.append(renderer.domElement)
  const stage = new Scene()
  const camera = new PerspectiveCamera(UPRIGHT_DEG, 1, 0.05, 4000)
  camera.up.set(0, 0, 1)
  const controls = new OrbitControls(camera, renderer.domElement)
  controls.minDistance = 4
  controls.maxDistance = 1500
  controls.enableDamping = false

  const sunlight = new DirectionalLight("#fff6e4", 3.2)
  stage.add(new AmbientLight("#8fa4c0", 0.22), sunlight, sunlight.target)
  const moon = globe(MOON_RADIUS, moonPicture())
  const earth = globe(EARTH_RADIUS, earthPicture())
  const umbra = new Mesh(
    new ConeGeometry(0.985 * MOON_RADIUS, UMBRA_SHOWN, 40, 1, true).translate(0, UMBRA_SHOWN / 2, 0),
    new MeshBasicMaterial({ color: "#5566aa", transparent: true, opacity: 0.13, side: DoubleSide, depthWrite: false }))
  const sunLine = line(2, new LineBasicMaterial({ color: SUN, transparent: true, opacity: 0.35 }))
  const down = line(2, new LineBasicMaterial({ color: BLUE }))
  const home = line(2, new LineBasicMaterial({ color: SUN }))
  const blocked = [0, 1].map(() => line(2, new LineDashedMaterial({ color: GREY, dashSize: 1.6, gapSize: 1.6 })))
  const site = dot(BLUE, 7)
  stage.add(moon, earth, umbra, sunLine, down, home, ...blocked, ...(world.site ? [site] : []))
  const relays = world.orbits.map((_, i) => dot(COLOURS[i % COLOURS.length], 10))
  stage.add(...relays)

  const names = h("div", { class: "names" })
  screen.append(names)
  const named = new Map()
  const name = (key, text) => named.set(key, names.appendChild(h("span", {}, text)))
  name("Moon", "Moon")
  name("Earth", "Earth")
  name("Sun", "to the Sun")
  if (world.site) name("Site", world.site.name)
  world.orbits.forEach((orbit, i) => name(i, orbit.title))

  const paths = new Group()
  stage.add(paths)
  let drawn = null
  let extent = 60
  let shifted = 0

  /** The whole way of every relay in a frame, faint, and of the chosen one what lies around now. */
  function draw(frame) {
    if (drawn === frame) return
    drawn = frame
    paths.children.forEach((path) => path.geometry.dispose())
    paths.clear()
    const turns = Array.from({ length: world.count }, (_, k) => world.frame(frame, k * world.step))
    world.orbits.forEach((orbit, i) => {
      const places = new Float32Array(3 * world.count)
      turns.forEach((turn, k) => world.relay(orbit, k * world.step).applyQuaternion(turn).toArray(places, 3 * k))
      const geometry = new BufferGeometry().setAttribute("position", new BufferAttribute(places, 3))
      const color = new Color(COLOURS[i % COLOURS.length])
      const whole = new Line(geometry, new LineBasicMaterial({ color, transparent: true, opacity: 0.2, depthWrite: false }))
      const now = new Line(geometry.clone(), new LineBasicMaterial({ color, transparent: true, opacity: 0.95 }))
      whole.frustumCulled = now.frustumCulled = false
      paths.add(whole, now)
    })
  }

  /** Put everything where it is at t (s), seen in a frame; the chosen relay gets its lines of sight. */
  function show(t, frame, chosen) {
    draw(frame)
    const turn = world.frame(frame, t)
    const placed = (v) => v.clone().applyQuaternion(turn)
    const sun = placed(world.sun(t))
    sunlight.position.copy(sun).multiplyScalar(100)
    umbra.quaternion.setFromUnitVectors(new Vector3(0, 1, 0), sun.clone().negate())
    moon.quaternion.copy(turn).multiply(world.turn(t).invert())
    const home_at = placed(world.earth(t))
    earth.position.copy(home_at)
    stretch(sunLine, sun.clone().multiplyScalar(MOON_RADIUS * 1.6), sun.clone().multiplyScalar(SUN_AT * extent))
    world.orbits.forEach((orbit, i) => {
      relays[i].position.copy(placed(world.relay(orbit, t)))
      const half = (orbit.period_s ?? world.end) / 2
      const [first, last] = [(t - half) / world.step, (t + half) / world.step].map((k) => Math.min(Math.max(Math.round(k), 0), world.count - 1))
      paths.children[2 * i + 1].geometry.setDrawRange(first, last - first + 1)
      paths.children[2 * i].visible = i === chosen
      paths.children[2 * i + 1].material.opacity = i === chosen ? 0.95 : 0.4
    })
    const relay = relays[chosen].position
    const seen = world.seen(world.orbits[chosen], t)
    blocked.forEach((dashes) => (dashes.visible = false))
    const join = (solid, dashes, open, from, to) => {
      solid.visible = open
      dashes.visible = !open
      stretch(open ? solid : dashes, from, to)
    }
    join(home, blocked[0], !seen.hidden, relay, home_at)
    down.visible = false
    if (world.site) {
      // a hair above the ground, or the Moon's own curve would cover half of the mark
      site.position.copy(placed(world.site_at(t))).multiplyScalar(1.01)
      join(down, blocked[1], seen.elevation >= world.site.mask_deg, site.position, relay)
    }
    label("Moon", new Vector3(0, 0, -MOON_RADIUS), 14)
    label("Earth", home_at.clone().add(new Vector3(0, 0, -EARTH_RADIUS)), 14)
    label("Sun", sun.clone().multiplyScalar(SUN_AT * extent), 0)
    if (world.site) label("Site", site.position, -14, faces(site.position))
    relays.forEach((mark, i) => label(i, mark.position, -18, i === chosen))
    renderer.render(stage, camera)
  }

  const faces = (place) => place.dot(camera.position) > place.lengthSq()

  function label(key, place, below, inFront = true) {
    const node = named.get(key)
    const spot = place.clone().project(camera)
    node.hidden = !inFront || spot.z > 1 || Math.abs(spot.x) > 1.02 || Math.abs(spot.y) > 1.02
    const [x, y] = [((spot.x + 1) / 2) * screen.clientWidth, ((1 - spot.y) / 2) * screen.clientHeight + below]
    node.style.transform = `translate(${x.toFixed(1)}px, ${y.toFixed(1)}px) translate(-50%, -50%)`
  }

  function fit() {
    const [width, height] = [screen.clientWidth, screen.clientHeight]
    renderer.setSize(width, height)
    camera.aspect = width / height
    // what one looks at stays clear of the readings, which lie on the right
    const beside = readings.offsetLeft > 0 ? width - readings.offsetLeft : 0
    shifted = beside / width
    camera.setViewOffset(width, height, beside / 2, 0, width, height)
  }

  /**
   * Look so that the Moon, the chosen relay's way and perhaps the Earth fill the screen: from a direction (axes of a
   * frame), as near as that allows, or from the Earth, through a lens as long as that allows.
   */
  function look({ direction, withEarth }, frame, chosen, t) {
    draw(frame)
    const home_at = world.earth(t).applyQuaternion(world.frame(frame, t))
    const way = paths.children[2 * chosen].geometry.attributes.position
    const stride = Math.ceil(world.count / 400)
    const places = Array.from({ length: Math.floor(world.count / stride) }, (_, k) => new Vector3().fromBufferAttribute(way, k * stride))
    places.push(new Vector3(), ...(withEarth ? [home_at] : []))
    const box = new Box3().setFromPoints(places)
    box.getCenter(controls.target)
    extent = box.getSize(new Vector3()).length() / 2
    const stand = (distance, fov) => {
      camera.position.copy(direction ?? home_at).sub(direction ? new Vector3() : controls.target).normalize().multiplyScalar(distance).add(controls.target)
      camera.fov = fov
      camera.updateProjectionMatrix()
      controls.update()
      camera.updateMatrixWorld()
      return places.every((place) => {
        const spot = place.clone().project(camera)
        return spot.z < 1 && Math.abs(spot.x + shifted) < FILLED - shifted && Math.abs(spot.y) < FILLED
      })
    }
    const there = home_at.distanceTo(controls.target)
    const least = (low, high, fits) => {
      for (let n = 0; n < 20; n++) {
        const middle = Math.sqrt(low * high)
        if (fits(middle)) high = middle
        else low = middle
      }
      return high
    }
    if (direction) stand(least(controls.minDistance, controls.maxDistance, (distance) => stand(distance, UPRIGHT_DEG)), UPRIGHT_DEG)
    else stand(there, least(0.5, 90, (fov) => stand(there, fov)))
  }

  fit()
  return { show, fit, look, controls, canvas: renderer.domElement }
}

function globe(radius, picture) {
  // a sphere's seam lies at longitude 180 and its pole along y: turned so that x is longitude 0 and z the pole
  const geometry = new SphereGeometry(radius, 72, 48).rotateX(Math.PI / 2)
  return new Mesh(geometry, new MeshLambertMaterial({ map: picture }))
}

function dot(color, pixels) {
  const geometry = new BufferGeometry().setAttribute("position", new BufferAttribute(new Float32Array(3), 3))
  const disc = paint(64, 64, (g) => {
    g.fillStyle = "#fff"
    g.arc(32, 32, 28, 0, 2 * Math.PI)
    g.fill()
  })
  const material = new PointsMaterial({ color, size: pixels * Math.min(devicePixelRatio, 2), sizeAttenuation: false, map: disc, transparent: true, alphaTest: 0.4 })
  const mark = new Points(geometry, material)
  mark.frustumCulled = false
  return mark
}

function line(count, material) {
  const geometry = new BufferGeometry().setAttribute("position", new BufferAttribute(new Float32Array(3 * count), 3))
  const drawn = new Line(geometry, material)
  drawn.frustumCulled = false
  return drawn
}

function stretch(drawn, from, to) {
  const places = drawn.geometry.attributes.position
  from.toArray(places.array, 0)
  to.toArray(places.array, 3)
  places.needsUpdate = true
  if (drawn.material.isLineDashedMaterial) drawn.computeLineDistances()
}

function paint(width, height, draw) {
  const canvas = Object.assign(document.createElement("canvas"), { width, height })
  draw(canvas.getContext("2d"), width, height)
  const picture = new CanvasTexture(canvas)
  picture.colorSpace = SRGBColorSpace
  picture.anisotropy = 8
  return picture
}

/** Longitudes and latitudes every 30 degrees; the side that faces the Earth is lighter. */
function moonPicture() {
  return paint(1440, 720, (g, w, height) => {
    g.fillStyle = "#8d8a84"
    g.fillRect(0, 0, w, height)
    g.fillStyle = "#a5a29b"
    g.fillRect(w / 4, 0, w / 2, height)
    lattice(g, w, height, "#0004", "#0009")
  })
}

function earthPicture() {
  return paint(720, 360, (g, w, height) => {
    g.fillStyle = "#3f74ad"
    g.fillRect(0, 0, w, height)
    lattice(g, w, height, "#fff3", "#fff6")
  })
}

function lattice(g, w, height, thin, thick) {
  const stroke = (x0, y0, x1, y1, main) => {
    g.beginPath()
    g.strokeStyle = main ? thick : thin
    g.lineWidth = main ? 4 : 2
    g.moveTo(x0, y0)
    g.lineTo(x1, y1)
    g.stroke()
  }
  for (let lon = 0; lon <= 360; lon += 30) stroke((lon / 360) * w, 0, (lon / 360) * w, height, lon % 180 === 0)
  for (let lat = 30; lat < 180; lat += 30) stroke(0, (lat / 180) * height, w, (lat / 180) * height, lat === 90)
}
