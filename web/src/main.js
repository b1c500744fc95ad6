import "./style.css"
import { charts } from "./chart.js"
import { find } from "./dom.js"
import { film, films } from "./film.js"
import { watch } from "./flight.js"
import { foot } from "./foot.js"
import { findings, head, instruments } from "./instrument.js"
import { pictures, plates } from "./pictures.js"
import { status } from "./status.js"
import { story } from "./story.js"
import { arrived, errors, ledger, score } from "./tables.js"
import { timeline } from "./timeline.js"
import { top } from "./top.js"

const key = document.documentElement.dataset.page
const front = { top, status, film, pictures, instruments, timeline, story, ledger, score, foot }
const instrument = { top: head, status, findings, pictures: plates, films, charts, ledger: arrived, score: errors, foot }

watch(
  key ?? "flight",
  (content) => {
    document.title = [content.title, content.flight, "farside"].filter(Boolean).join(" · ")
    for (const [id, render] of Object.entries(key ? instrument : front)) {
      const place = find(id)
      render(place, content)
      place.hidden = !place.childElementCount
    }
    const first = !document.documentElement.dataset.ready
    document.documentElement.dataset.ready = content.finished ? "finished" : "receiving"
    // what the address points at has only now got its place
    if (first && location.hash) find(location.hash.slice(1))?.scrollIntoView({ behavior: "instant" })
  },
  () => {
    find("status").textContent = `No flight lies beside this page (${key ?? "flight"}.js is missing).`
  },
)
