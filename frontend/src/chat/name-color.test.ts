import { describe, expect, it } from 'vitest';
import { readableColor } from './name-color';

describe('readableColor', () => {
  it('keeps a colour that can be read', () => {
    expect(readableColor('#7cc4ff', 'dark')).toBe('rgb(124 196 255)');
  });

  it('lightens on dark and darkens on light', () => {
    expect(readableColor('#000080', 'dark')).not.toBe('rgb(0 0 128)');
    expect(readableColor('#ffff00', 'light')).not.toBe('rgb(255 255 0)');
    expect(readableColor('#000080', 'light')).toBe('rgb(0 0 128)');
  });

  it('takes only colours', () => {
    expect(readableColor('red; background: url(x)', 'dark')).toBeNull();
    expect(readableColor(null, 'dark')).toBeNull();
  });
});
