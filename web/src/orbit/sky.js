// Where everything is at a time: what orbit.js holds, unpacked and interpolated, turned into the frame that is shown.
// Lengths in thousands of kilometres about the Moon's centre, ICRF axes; times in seconds since the first sample.

import { Matrix4, Quaternion, Vector3 } from "three"

const LIGHT_THOUSAND_KM_S = 299.792458
const MOON_RADIUS = 1.7374
const OBLIQUITY = (23.4393 * Math.PI) / 180

export const FRAMES = [
  ["rotating", "Earth–Moon line fixed"],
  ["moon", "Moon fixed"],
  ["inertial", "Stars fixed"],
]

function floats(text) {
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0))
  return new Float32Array(bytes.buffer)
}

/** A table of n components at equal steps; between samples a cubic through their neighbours (Catmull and Rom 1974). */
function table(values, n, step) {
  const last = values.length / n - 1
  return (t) => {
    const x = Math.min(Math.max(t / step, 0), last)
    const k = Math.min(Math.floor(x), last - 1)
    const u = x - k
    const row = (i, c) => values[n * Math.min(Math.max(i, 0), last) + c]
    return Array.from({ length: n }, (_, c) => {
      const [a, b, d, e] = [row(k - 1, c), row(k, c), row(k + 1, c), row(k + 2, c)]
      return b + (u / 2) * (d - a + u * (2 * a - 5 * b + 4 * d - e + u * (3 * (b - d) + e - a)))
    })
  }
}

export function sky(content) {
  const { step_s: step, count, site } = content
  const earthAt = table(floats(content.earth), 3, step)
  const sunAt = table(floats(content.sun), 3, step)
  const turnAt = table(floats(content.moon_turn), 4, step)
  const orbits = content.orbits.map((orbit) => ({ ...orbit, at: table(floats(orbit.path), 3, step) }))

  const vector = (of, t) => new Vector3(...of(t))
  const earth = (t) => vector(earthAt, t)
  /** Turns vectors with ICRF axes into the Moon's mean-Earth axes. */
  const turn = (t) => new Quaternion(...turnAt(t)).normalize()
  const up = site && new Vector3().setFromSphericalCoords(1, ((90 - site.lat_deg) * Math.PI) / 180, 0)
  if (up) {
    const [colatitude, longitude] = [((90 - site.lat_deg) * Math.PI) / 180, (site.lon_deg * Math.PI) / 180]
    up.set(Math.sin(colatitude) * Math.cos(longitude), Math.sin(colatitude) * Math.sin(longitude), Math.cos(colatitude))
  }
  const north = up && new Vector3(0, 0, 1).addScaledVector(up, -up.z).normalize()
  const east = up && new Vector3().crossVectors(north, up)

  function rotating(t) {
    const h = step / 2
    const toMoon = earth(t).negate()
    const motion = earth(Math.max(t - h, 0)).sub(earth(Math.min(t + h, (count - 1) * step)))
    const x = toMoon.clone().normalize()
    const z = toMoon.cross(motion).normalize()
    const y = new Vector3().crossVectors(z, x)
    return new Quaternion().setFromRotationMatrix(new Matrix4().makeBasis(x, y, z)).invert()
  }
  const ecliptic = new Quaternion().setFromAxisAngle(new Vector3(1, 0, 0), -OBLIQUITY)
  const frames = { rotating, moon: turn, inertial: () => ecliptic }

  return {
    end: (count - 1) * step, step, count, site, orbits, earth,
    sun: (t) => vector(sunAt, t).normalize(),
    relay: (orbit, t) => vector(orbit.at, t),
    turn,
    frame: (name, t) => frames[name](t),
    site_at: (t) => up && up.clone().multiplyScalar(MOON_RADIUS).applyQuaternion(turn(t).invert()),
    /** What an observer at the site and the Earth have of a relay; geometric, without light time and aberration. */
    seen(orbit, t) {
      const relay = vector(orbit.at, t)
      const away = earth(t)
      const near = { range: relay.length(), earth: relay.distanceTo(away), hidden: hidden(relay, away) }
      if (!up) return near
      const line = relay.clone().applyQuaternion(turn(t)).addScaledVector(up, -MOON_RADIUS)
      const range = line.length()
      line.normalize()
      return {
        ...near,
        elevation: (Math.asin(line.dot(up)) * 180) / Math.PI,
        azimuth: ((Math.atan2(line.dot(east), line.dot(north)) * 180) / Math.PI + 360) % 360,
        light_s: (range + near.earth) / LIGHT_THOUSAND_KM_S,
      }
    },
  }
}

/** Whether the Moon, at the middle, stands between two points. */
function hidden(a, b) {
  const line = b.clone().sub(a)
  const along = Math.min(Math.max(-a.dot(line) / line.lengthSq(), 0), 1)
  return a.clone().addScaledVector(line, along).length() < MOON_RADIUS
}
