// The map: own place, the walk coloured by level, where the collar may be, bearings, the others.
//
// Names and notes of other people go into elements as text: Leaflet takes strings for HTML.

/* global L */

import { trueHeading } from "./compass.js";
import { byId, el, put, svg } from "./dom.js";
import { NightLayer } from "./nightlayer.js";
import { age, length, phrase } from "./phrases.js";
import { place } from "./place.js";
import { mark, since } from "./since.js";

const OLD_S = 10;
const EARTH_M = 6371000;
const WEDGE_M = 6000;
const CLOSEST = 19;
const FINGER_PX = 20; // half as wide as a thumb
const [GOOD_TAP_M, BAD_TAP_M] = [40, 100];
// Weak to strong, for the colour-blind too: the lightness rises evenly.
const DAY = ["#440154", "#3b528b", "#21918c", "#5ec962", "#fde725"];
const NIGHT = ["#400000", "#700000", "#a00000", "#d00000", "#ff0000"];

let map = null;
let layers = {};
let shown = null;
let fitted = false;
let tapped = null;
let untapped = () => {};
let arrived = mark();

const night = () => document.documentElement.dataset.theme === "night";
const ink = () => (night() ? "#d00000" : "#000000");
const calm = () => (night() ? "#900000" : "#1d4ed8");

/** Make the map. */
export function makeMap() {
  map = L.map("map", {
    attributionControl: false,
    zoomControl: false,
    preferCanvas: true,
    maxZoom: CLOSEST,
    zoomAnimation: false,
    fadeAnimation: false,
    boxZoom: false,
    tap: false,
  });
  map.setView([0, 0], 2);
  for (const name of ["walk", "regions", "bearings", "others", "alarms", "own"]) {
    layers[name] = L.layerGroup().addTo(map);
  }
  map.on("click", ({ latlng }) => {
    if (!tapped) return;
    const good_m = Math.round(pixels_m(FINGER_PX));
    if (good_m > BAD_TAP_M && map.getZoom() < CLOSEST) {
      map.setView(latlng, map.getZoom() + Math.ceil(Math.log2(good_m / GOOD_TAP_M)));
      showTapNotice(phrase("Here it is larger: tap again where you are."));
      return;
    }
    const done = tapped;
    stopTapping();
    done(latlng.lat, latlng.lng, good_m);
  });
  map.on("zoomend moveend", drawScale);
  byId("map").append(
    el("div", { id: "scale" }),
    el("div", { id: "map-age" }),
    el("div", { id: "tap-here", hidden: true }),
    buttons(),
  );
  new ResizeObserver(() => map.invalidateSize({ animate: false })).observe(byId("map"));
}

function buttons() {
  const button = (words, label, deed) => el("button", { "aria-label": label, click: deed }, words);
  const box = el(
    "div",
    { id: "map-buttons" },
    button("+", phrase("closer"), () => map.zoomIn()),
    button("−", phrase("farther"), () => map.zoomOut()),
    button("◎", phrase("to my place"), toOwnPlace),
    button("▣", phrase("to the search area"), fit),
  );
  L.DomEvent.disableClickPropagation(box);
  return box;
}

/** Ask for a tap on the map; `done(latitude, longitude, accuracy_m)` gets it, else `left()` goes on. */
export function askTap(done, left = () => {}) {
  giveUpTap();
  tapped = done;
  untapped = left;
  showTapNotice(phrase("Tap the map where you are."));
}

function showTapNotice(words) {
  const notice = byId("tap-here");
  put(
    notice,
    el("span", {}, words),
    el(
      "button",
      {
        click: (event) => {
          L.DomEvent.stop(event);
          giveUpTap();
        },
      },
      phrase("Cancel"),
    ),
  );
  notice.hidden = false;
}

/** Go on without the place that was asked for. */
function giveUpTap() {
  if (!tapped) return;
  stopTapping();
  untapped();
}

function stopTapping() {
  tapped = null;
  byId("tap-here").hidden = true;
}

/** Set the pictures under the map: tiles, or a relief drawn from heights, or none. */
export function setGround({ has_tiles = true, has_relief = true, zooms = null }) {
  layers.ground?.remove();
  layers.relief?.remove();
  const options = {
    maxZoom: CLOSEST,
    maxNativeZoom: zooms?.[1] ?? 17,
    minNativeZoom: zooms?.[0] ?? 0,
  };
  if (has_relief) {
    const url = `/relief/{z}/{x}/{y}.png${night() ? "?night=1" : ""}`;
    layers.relief = L.tileLayer(url, { maxZoom: CLOSEST, maxNativeZoom: 16, minZoom: 7 }).addTo(
      map,
    );
  }
  if (has_tiles) {
    const Layer = night() ? NightLayer : L.TileLayer;
    layers.ground = new Layer("/tiles/{z}/{x}/{y}.png", options).addTo(map);
  }
}

/** Draw what the laptop knows; `content` is its /map. */
export function showMap(content) {
  shown = content;
  arrived = mark();
  drawBelief(content.belief);
  draw("walk", walk(content.walk ?? []));
  draw("regions", regions(content.regions ?? {}));
  draw("bearings", (content.bearings ?? []).map(wedge));
  draw("alarms", (content.alarms ?? []).filter(placed).map(alarm));
  tick();
  if (!fitted) fit();
}

/** Draw what grows older or moves by itself; to be called each second. */
export function tick() {
  if (!map) return;
  drawOwn();
  if (!shown) return;
  const old_s = since(arrived);
  draw(
    "others",
    (shown.others ?? []).filter(placed).flatMap((other) => someone(other, old_s)),
  );
  const here = place();
  put(
    byId("map-age"),
    el("span", { class: old_s > OLD_S ? "old" : "" }, phrase("map {age} old", { age: age(old_s) })),
    here
      ? el(
          "span",
          { class: here.age_s > 120 ? "old" : "" },
          phrase("my place {age} old", { age: age(here.age_s) }),
        )
      : null,
  );
}

/** Draw everything again, in the colours of the theme. */
export function redraw() {
  layers.belief?.remove(); // a picture of the day would blind at night, if only for a moment
  if (shown) showMap(shown);
}

function draw(name, content) {
  layers[name].clearLayers();
  for (const layer of content) layers[name].addLayer(layer);
}

const placed = (thing) => Number.isFinite(thing.latitude_deg ?? thing.lat);
const spot = (thing) => [thing.latitude_deg ?? thing.lat, thing.longitude_deg ?? thing.lon];

/** Lay the new picture over the map; the old one goes when the new one is there, or it would blink. */
function drawBelief(belief) {
  const before = layers.belief;
  layers.belief = null;
  if (belief) {
    const url = night()
      ? `${belief.url}${belief.url.includes("?") ? "&" : "?"}night=1`
      : belief.url;
    const bounds = [
      [belief.south, belief.west],
      [belief.north, belief.east],
    ];
    layers.belief = L.imageOverlay(url, bounds, { interactive: false });
    layers.belief.once("load error", () => before?.remove());
    layers.belief.addTo(map);
  } else before?.remove();
}

function walk(points) {
  const ramp = night() ? NIGHT : DAY;
  const silent = { radius: 4, color: ink(), weight: 1.5, fill: false, interactive: false };
  return points.map(([lat, lon, share]) =>
    L.circleMarker(
      [lat, lon],
      share === null
        ? silent
        : {
            radius: 4 + 4 * share,
            color: night() ? "#300000" : "#000000",
            weight: 1,
            fillOpacity: 1,
            interactive: false,
            fillColor: ramp[Math.min(ramp.length - 1, Math.floor(share * ramp.length))],
          },
    ),
  );
}

function regions(areas) {
  const line = (weight, dashArray) => ({
    style: { color: ink(), weight, dashArray, fill: false },
    interactive: false,
  });
  return [
    ["95", line(2, "8 6")],
    ["50", line(4, null)],
  ]
    .filter(([share]) => areas[share])
    .map(([share, style]) => L.geoJSON(areas[share].geometry ?? areas[share], style));
}

/** Return the place some metres from another along a bearing, on a sphere. */
function away([latitude, longitude], bearing_deg, metres) {
  const [lat, turn, arc] = [latitude, bearing_deg, (metres / EARTH_M) * (180 / Math.PI)].map(
    (d) => (d * Math.PI) / 180,
  );
  const north = Math.asin(
    Math.sin(lat) * Math.cos(arc) + Math.cos(lat) * Math.sin(arc) * Math.cos(turn),
  );
  const east = Math.atan2(
    Math.sin(turn) * Math.sin(arc) * Math.cos(lat),
    Math.cos(arc) - Math.sin(lat) * Math.sin(north),
  );
  return [(north * 180) / Math.PI, longitude + (east * 180) / Math.PI];
}

function wedge(bearing) {
  const from = spot(bearing);
  const spread = Math.min(bearing.sd_deg ?? 10, 60);
  const sides = [-1, -0.5, 0, 0.5, 1].map((side) =>
    away(from, bearing.bearing_deg + side * spread, WEDGE_M),
  );
  return L.polygon([from, ...sides], {
    color: calm(),
    weight: 1.5,
    opacity: 0.8,
    fillColor: calm(),
    fillOpacity: night() ? 0.18 : 0.13,
    interactive: false,
  });
}

function label(layer, words, kind = "") {
  return layer.bindTooltip(el("span", {}, words), {
    permanent: true,
    direction: "right",
    offset: [8, 0],
    className: `label ${kind}`,
  });
}

function someone(other, old_s) {
  const age_s = (other.age_s ?? 0) + old_s;
  const marker = L.circleMarker(spot(other), {
    radius: 7,
    color: ink(),
    weight: 3,
    fillColor: calm(),
    fillOpacity: 1,
    interactive: false,
  });
  return [label(marker, `${other.observer} ${age(age_s)}`, age_s > 120 ? "old" : "")];
}

function alarm(call) {
  const sign = svg("svg", { viewBox: "-12 -12 24 24" }, svg("path", { d: "M0-11 L11 9 L-11 9 Z" }));
  const marker = L.marker(spot(call), {
    icon: L.divIcon({ html: sign, className: "alarm", iconSize: [34, 34] }),
    interactive: false,
  });
  return label(marker, call.text ?? phrase("DANGER"), "alarm-label");
}

function drawOwn() {
  const here = place();
  if (!here) return draw("own", []);
  const at = spot(here);
  const parts = [
    L.circleMarker(at, {
      radius: 9,
      color: night() ? "#000000" : "#ffffff",
      weight: 3,
      fillColor: night() ? "#ff0000" : "#0b57d0",
      fillOpacity: 1,
      interactive: false,
    }),
  ];
  if (here.accuracy_m)
    parts.push(
      L.circle(at, {
        radius: here.accuracy_m,
        color: calm(),
        weight: 1,
        fillOpacity: 0.06,
        interactive: false,
      }),
    );
  const heading = trueHeading();
  if (heading !== null)
    parts.push(
      L.polyline([at, away(at, heading, 150)], { color: ink(), weight: 4, interactive: false }),
    );
  return draw("own", parts);
}

function toOwnPlace() {
  const here = place();
  if (here) map.setView(spot(here), Math.max(map.getZoom(), 15));
}

/** Show all that is known: the search area, the walk, the others, the own place. */
export function fit() {
  const points = (shown?.walk ?? []).map(([lat, lon]) => [lat, lon]);
  for (const other of (shown?.others ?? []).filter(placed)) points.push(spot(other));
  const here = place();
  if (here) points.push(spot(here));
  const bounds = L.latLngBounds(points);
  const area = shown?.regions?.["95"];
  if (area) bounds.extend(L.geoJSON(area.geometry ?? area).getBounds());
  if (!bounds.isValid()) return;
  map.fitBounds(bounds, { padding: [24, 24], maxZoom: 16, animate: false });
  fitted = true;
}

/** Return how many metres so many pixels are in the middle of the map. */
function pixels_m(count) {
  const y = map.getSize().y / 2;
  return map.distance(
    map.containerPointToLatLng([0, y]),
    map.containerPointToLatLng([count, y]),
  );
}

function drawScale() {
  const metres = pixels_m(100);
  if (!(metres > 0)) return;
  const power = 10 ** Math.floor(Math.log10(metres));
  const round = [5, 2, 1].map((step) => step * power).find((step) => step <= metres);
  put(
    byId("scale"),
    svg(
      "svg",
      { width: (100 * round) / metres, height: 8, "aria-hidden": "true" },
      svg("rect", { width: "100%", height: 8 }),
    ),
    el("span", {}, length(round)),
  );
}
