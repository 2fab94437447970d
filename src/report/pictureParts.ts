import { createRequire } from 'node:module';
import { createCanvas, GlobalFonts, type Canvas, type SKRSContext2D } from '@napi-rs/canvas';
import type { Vector3 } from '../geometry/index.ts';
import type { Outline } from './outline.ts';
import { pixelOf, type PatientBox, type PlaneGrid, type PlaneView } from './planeView.ts';

type Colour = readonly [number, number, number];

const FONT = 'DejaVu Sans';

// Fonts of their own: a server without any installed would write empty boxes.
for (const file of ['DejaVuSans.ttf', 'DejaVuSans-Bold.ttf']) {
  GlobalFonts.registerFromPath(createRequire(import.meta.url).resolve(`dejavu-fonts-ttf/ttf/${file}`), FONT);
}

const colours = {
  background: '#0d1117',
  panel: '#151b23',
  edge: '#2b323c',
  text: '#e6edf3',
  dim: '#8d96a0',
  letter: '#f2cc60',
  note: '#f0883e',
  cross: 'rgba(230, 237, 243, 0.30)',
  shade: 'rgba(0, 0, 0, 0.75)',
};

/** Where the image has no voxels: not black, which is air. */
const OUTSIDE_IMAGE: Colour = [21, 27, 35];

const SCALE_BAR_MM = 50;

interface Frame {
  width: number;
  height: number;
  margin: number;
  title: string;
  note: string;
}

/** Background, title, and the note that the software is not for clinical use. */
export function drawFrame(context: SKRSContext2D, { width, height, margin, title, note }: Frame): void {
  context.fillStyle = colours.background;
  context.fillRect(0, 0, width, height);
  write(context, title, margin, 40, { size: 24, bold: true, colour: colours.text });
  write(context, note, width - margin, 40, { size: 16, bold: true, colour: colours.note, align: 'right' });
}

interface DrawnView {
  x: number;
  y: number;
  view: PlaneView;
  grid: PlaneGrid;
  box: PatientBox;
  pointMm: Vector3;
  pixelsPerMm: number;
  /** Grey 0–255 of each pixel; NaN outside the image. */
  grey: Float32Array;
  outlines: readonly { outline: Outline; colour: Colour }[];
}

/** One view: image, the other planes, outlines, letters, position and scale. */
export function drawView(context: SKRSContext2D, { x, y, view, grid, box, pointMm, pixelsPerMm, grey, outlines }: DrawnView): void {
  const { columns, rows } = grid;
  context.save();
  context.translate(x, y);
  context.beginPath();
  context.rect(0, 0, columns, rows);
  context.clip();
  context.drawImage(imageOf(grid, grey), 0, 0);

  const across = Math.round(pixelOf(view.right, box, pointMm[view.right.axis], pixelsPerMm)) + 0.5;
  const along = Math.round(pixelOf(view.down, box, pointMm[view.down.axis], pixelsPerMm)) + 0.5;
  strokeLines(context, [across, 0, across, rows, 0, along, columns, along], colours.cross, 1);
  for (const { outline } of outlines) strokeLines(context, outline, 'rgba(0, 0, 0, 0.45)', 3.6);
  for (const { outline, colour } of outlines) strokeLines(context, outline, rgb(colour), 1.8);

  const [left, right, top, bottom] = view.letters;
  const letter = { size: 19, bold: true, colour: colours.letter, shade: true } as const;
  write(context, left, 10, rows / 2 + 7, letter);
  write(context, right, columns - 10, rows / 2 + 7, { ...letter, align: 'right' });
  write(context, top, columns / 2, 24, { ...letter, align: 'center' });
  write(context, bottom, columns / 2, rows - 10, { ...letter, align: 'center' });
  const position = `${'xyz'.charAt(view.normalAxis)} = ${pointMm[view.normalAxis].toFixed(1).replace('-', '−')} mm`;
  write(context, view.title, 12, 24, { size: 15, bold: true, colour: colours.text, shade: true });
  write(context, position, 12, 44, { size: 13, colour: colours.text, shade: true });
  drawScaleBar(context, columns - 14, rows - 16, pixelsPerMm);
  context.restore();
  context.strokeStyle = colours.edge;
  context.lineWidth = 1;
  context.strokeRect(x - 0.5, y - 0.5, columns + 1, rows + 1);
}

interface Legend {
  x: number;
  y: number;
  width: number;
  height: number;
  facts: readonly string[];
  entries: readonly { name: string; colour: Colour; volumeCc: number; crossed: boolean }[];
}

const legendLayout = { padding: 20, firstRow: 74, row: 27 };

/** Height in pixels that a legend of so many structures and facts needs. */
export function legendHeight(entries: number, facts: number): number {
  return legendLayout.firstRow + (entries + facts) * legendLayout.row;
}

/** Name, colour and volume of each structure; those that no plane crosses are said to be so. */
export function drawLegend(context: SKRSContext2D, { x, y, width, height, facts, entries }: Legend): void {
  const { padding, firstRow, row } = legendLayout;
  context.fillStyle = colours.panel;
  context.fillRect(x, y, width, height);
  const [left, right] = [x + padding, x + width - padding];
  write(context, 'Structures', left, y + 36, { size: 16, bold: true, colour: colours.text });
  write(context, 'cm³', right, y + 36, { size: 14, colour: colours.dim, align: 'right' });
  entries.forEach(({ name, colour, volumeCc, crossed }, index) => {
    const baseline = y + firstRow + index * row;
    context.fillStyle = rgb(colour, 0.25);
    context.fillRect(left, baseline - 13, 22, 15);
    context.strokeStyle = rgb(colour);
    context.lineWidth = 2;
    context.strokeRect(left + 1, baseline - 12, 20, 13);
    write(context, name, left + 34, baseline, { size: 15, colour: crossed ? colours.text : colours.dim });
    const figure = volumeCc === 0 ? 'empty' : `${volumeCc.toFixed(1)}${crossed ? '' : '  not in these planes'}`;
    write(context, figure, right, baseline, { size: 15, colour: crossed ? colours.text : colours.dim, align: 'right' });
  });
  facts.forEach((fact, index) => {
    write(context, fact, left, y + height - 16 - (facts.length - 1 - index) * 22, { size: 13, colour: colours.dim });
  });
}

function drawScaleBar(context: SKRSContext2D, right: number, bottom: number, pixelsPerMm: number): void {
  const left = right - SCALE_BAR_MM * pixelsPerMm;
  const lines = [left, bottom, right, bottom, left, bottom - 5, left, bottom + 5, right, bottom - 5, right, bottom + 5];
  strokeLines(context, lines, colours.shade, 4);
  strokeLines(context, lines, colours.text, 2);
  write(context, `${SCALE_BAR_MM} mm`, (left + right) / 2, bottom - 10, { size: 12, colour: colours.text, align: 'center', shade: true });
}

/** The grey values as a picture that can be clipped and drawn over. */
function imageOf({ columns, rows }: PlaneGrid, grey: Float32Array): Canvas {
  const canvas = createCanvas(columns, rows);
  const context = canvas.getContext('2d');
  const image = context.createImageData(columns, rows);
  const { data } = image;
  for (let pixel = 0; pixel < grey.length; pixel++) {
    const value = grey[pixel];
    for (let channel = 0; channel < 3; channel++) data[pixel * 4 + channel] = Number.isNaN(value) ? OUTSIDE_IMAGE[channel] : value;
    data[pixel * 4 + 3] = 255;
  }
  context.putImageData(image, 0, 0);
  return canvas;
}

/** Strokes separate lines x0, y0, x1, y1 as one path: where they meet, nothing is painted twice. */
function strokeLines(context: SKRSContext2D, lines: readonly number[], colour: string, width: number): void {
  context.beginPath();
  for (let n = 0; n < lines.length; n += 4) {
    context.moveTo(lines[n], lines[n + 1]);
    context.lineTo(lines[n + 2], lines[n + 3]);
  }
  context.lineCap = 'round';
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.stroke();
}

interface Writing {
  size: number;
  colour: string;
  bold?: boolean;
  align?: 'left' | 'center' | 'right';
  /** A dark rim, for writing on the image. */
  shade?: boolean;
}

function write(context: SKRSContext2D, text: string, x: number, y: number, { size, colour, bold = false, align = 'left', shade = false }: Writing): void {
  context.font = `${bold ? 'bold ' : ''}${size}px "${FONT}"`;
  context.textAlign = align;
  if (shade) {
    context.strokeStyle = colours.shade;
    context.lineWidth = 3;
    context.lineJoin = 'round';
    context.strokeText(text, x, y);
  }
  context.fillStyle = colour;
  context.fillText(text, x, y);
}

function rgb([red, green, blue]: Colour, opacity = 1): string {
  return `rgba(${red}, ${green}, ${blue}, ${opacity})`;
}
