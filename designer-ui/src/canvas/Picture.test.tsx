import { readFileSync } from 'node:fs';
import { render, screen } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { contract } from '@/lib/process/fixtures';
import { KindTable } from '@/lib/process/kinds';
import { LIGHT, svgText } from './exportPicture';
import { clip, Picture, widthOf, wrap } from './Picture';

function drawn(change: (document: ReturnType<typeof contract>) => void = () => {}): SVGSVGElement {
  const document = contract();
  change(document);
  render(<Picture document={document} kinds={new KindTable()} label="Contract" />);
  return screen.getByRole('img', { name: 'Contract' }) as unknown as SVGSVGElement;
}

describe('Picture', () => {
  it('shows every step by its name and every flow', () => {
    const document = contract();
    const picture = drawn();
    for (const node of document.nodes) {
      if (node.name)
        expect(picture.textContent?.replace(/\s+/g, '')).toContain(node.name.slice(0, 6).replace(/\s+/g, ''));
    }
    expect(picture.querySelectorAll(':scope > g')).toHaveLength(
      document.nodes.length + document.flows.length,
    );
  });

  it('is a file that can be read again, with fixed colors and escaped text', () => {
    const picture = drawn((document) => {
      const node = document.nodes.find(({ kind }) => kind === 'userTask');
      if (node) node.name = '<a href="x">& "q"</a>';
    });
    const text = svgText(picture);
    expect(text).not.toContain('var(--');
    expect(text).not.toContain('<a href');
    const read = new DOMParser().parseFromString(text, 'image/svg+xml');
    expect(read.querySelector('parsererror')).toBeNull();
    const root = read.documentElement;
    expect(root.namespaceURI).toBe('http://www.w3.org/2000/svg');
    expect(Number(root.getAttribute('width'))).toBeGreaterThan(200);
    expect(root.querySelectorAll('a, script, foreignObject, style')).toHaveLength(0);
    expect(root.textContent).toContain('<a href=');
  });

  it('has the colors of the light scheme', () => {
    const tokens = readFileSync('src/theme/tokens.css', 'utf8');
    const light = tokens.slice(0, tokens.indexOf('[data-mantine-color-scheme="dark"]'));
    for (const [name, value] of Object.entries(LIGHT)) expect(light).toContain(`${name}: ${value};`);
  });

  it('breaks lines at words and cuts what is too long', () => {
    expect(wrap('Enter the contract into the accounting system', 130, 13, 2)).toHaveLength(2);
    expect(wrap('Supercalifragilisticexpialidocious', 100, 13, 2)).toEqual([expect.stringMatching(/…$/)]);
    expect(clip('short', 100, 13)).toBe('short');
    expect(widthOf('Ж', 10)).toBeGreaterThan(widthOf('i', 10));
  });
});
