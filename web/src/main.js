import "./style.css"
import { find } from "./dom.js"
import { film } from "./film.js"
import { watch } from "./flight.js"
import { foot } from "./foot.js"
import { pictures } from "./pictures.js"
import { status } from "./status.js"
import { story } from "./story.js"
import { ledger, score } from "./tables.js"
import { top } from "./top.js"

const sections = { top, status, film, pictures, story, ledger, score, foot }

watch(
  (flight) => {
    document.title = `${flight.title} · farside`
    for (const [id, render] of Object.entries(sections)) {
      const place = find(id)
      render(place, flight)
      place.hidden = !place.childElementCount
    }
    document.documentElement.dataset.ready = flight.finished ? "finished" : "receiving"
  },
  () => {
    find("status").textContent = "No flight lies beside this page (flight.js is missing)."
  },
)
