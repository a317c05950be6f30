/** Colors of the light scheme: a file is read on paper and on foreign screens. Kept equal to tokens.css by a test. */
export const LIGHT: Readonly<Record<string, string>> = {
  '--fx-bg-canvas': '#f6f8fa',
  '--fx-bg-surface': '#ffffff',
  '--fx-text': '#1b2330',
  '--fx-text-muted': '#566274',
  '--fx-line': '#d5dae1',
  '--fx-line-control': '#7d8998',
  '--fx-edge': '#7b8796',
  '--fx-kind-start': '#0f766e',
  '--fx-kind-task': '#1d5fd1',
  '--fx-kind-approval': '#7a3fd1',
  '--fx-kind-notification': '#0b7285',
  '--fx-kind-document': '#8a5a00',
  '--fx-kind-robot': '#b0267a',
  '--fx-kind-gateway': '#a14a00',
  '--fx-kind-timer': '#46566b',
  '--fx-kind-subprocess': '#3d5a80',
  '--fx-kind-end': '#46566b',
};

/** The picture as a file of its own: fixed colors, a size, a background. */
export function svgText(picture: SVGSVGElement): string {
  const copy = picture.cloneNode(true) as SVGSVGElement;
  const [x, y, width, height] = (copy.getAttribute('viewBox') ?? '0 0 100 100').split(' ').map(Number);
  for (const part of [copy, ...copy.querySelectorAll('svg')]) {
    // The serializer writes the namespace itself; as an attribute too it would stand there twice.
    part.removeAttribute('xmlns');
    part.removeAttribute('class');
  }
  copy.setAttribute('width', String(width));
  copy.setAttribute('height', String(height));
  const ground = copy.ownerDocument.createElementNS('http://www.w3.org/2000/svg', 'rect');
  for (const [name, value] of Object.entries({ x, y, width, height, fill: 'var(--fx-bg-canvas)' })) {
    ground.setAttribute(name, String(value));
  }
  copy.insertBefore(ground, copy.querySelector('title')?.nextSibling ?? copy.firstChild);
  const text = new XMLSerializer().serializeToString(copy);
  return `<?xml version="1.0" encoding="UTF-8"?>\n${text.replace(
    /var\((--fx-[a-z-]+)\)/g,
    (whole, name: string) => LIGHT[name] ?? whole,
  )}\n`;
}

/** Largest side of a bitmap that browsers draw everywhere. */
const MOST = 8192;

/** The same as a bitmap, twice as sharp where that is not too large. */
export async function pngOf(svg: string): Promise<Blob> {
  const image = new Image();
  const address = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }));
  try {
    image.src = address;
    await image.decode();
    const scale = Math.min(2, MOST / Math.max(image.naturalWidth, image.naturalHeight));
    const canvas = document.createElement('canvas');
    canvas.width = Math.round(image.naturalWidth * scale);
    canvas.height = Math.round(image.naturalHeight * scale);
    const paper = canvas.getContext('2d');
    if (!paper) throw new Error('no bitmap');
    paper.drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((resolve, reject) => {
      canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('no bitmap'))), 'image/png');
    });
  } finally {
    URL.revokeObjectURL(address);
  }
}

/** Hands a file to the reader. */
export function download(content: Blob | string, name: string, type = 'image/svg+xml'): void {
  const blob = typeof content === 'string' ? new Blob([content], { type }) : content;
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
