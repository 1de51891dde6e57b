// Map pictures of the user's own, drawn again for the night: dark, and in red alone. A filter of the
// browser over the whole map would be too bright and would spoil the colours laid over it.

/* global L */

const BRIGHT = 110; // a mean lightness above it is a paper map: its white becomes black
const MOST = 0.6; // of full red

/** A layer of tiles by night. Whether light and dark change places is settled by its first tile. */
export const NightLayer = L.GridLayer.extend({
  initialize(url, options) {
    this.url = url;
    L.GridLayer.prototype.initialize.call(this, options);
  },

  createTile(coords, done) {
    const size = this.getTileSize();
    const tile = L.DomUtil.create("canvas", "leaflet-tile");
    tile.width = size.x;
    tile.height = size.y;
    const image = new Image();
    image.onload = () => {
      const paper = tile.getContext("2d", { willReadFrequently: true });
      paper.drawImage(image, 0, 0, size.x, size.y);
      const picture = paper.getImageData(0, 0, size.x, size.y);
      this.paper ??= lightness(picture.data) > BRIGHT;
      redden(picture.data, this.paper);
      paper.putImageData(picture, 0, 0);
      done(null, tile);
    };
    image.onerror = () => done(new Error("no tile"), tile);
    image.src = L.Util.template(this.url, coords);
    return tile;
  },
});

const light = (data, at) => 0.3 * data[at] + 0.59 * data[at + 1] + 0.11 * data[at + 2];

function lightness(data) {
  let sum = 0;
  for (let at = 0; at < data.length; at += 4) sum += light(data, at);
  return sum / (data.length / 4);
}

function redden(data, paper) {
  for (let at = 0; at < data.length; at += 4) {
    const value = light(data, at);
    data[at] = (paper ? 255 - value : value) * MOST;
    data[at + 1] = 0;
    data[at + 2] = 0;
  }
}
