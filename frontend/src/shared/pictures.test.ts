import { describe, expect, it } from 'vitest';
import { pictureProblem, pictureUpload } from './pictures';

describe('pictureProblem', () => {
  it('refuses what is no picture, or too large', () => {
    expect(pictureProblem({ type: 'image/png', size: 10_485_760 })).toBeNull();
    expect(pictureProblem({ type: 'image/svg+xml', size: 10 })).toContain('JPEG');
    expect(pictureProblem({ type: 'image/png', size: 10_485_761 })).toContain('10 MB');
  });

  it('leaves a file of no known type to the server', () => {
    expect(pictureProblem({ type: '', size: 10 })).toBeNull();
  });
});

describe('pictureUpload', () => {
  it('sends the file itself, as what it says it is', () => {
    const file = new File(['RIFF'], 'brushes.webp', { type: 'image/webp' });
    const upload = pictureUpload(file);
    expect(upload.bodySerializer()).toBe(file);
    expect(upload.headers).toEqual({ 'Content-Type': 'image/webp' });
    expect(pictureUpload(new File(['RIFF'], 'brushes')).headers).toEqual({
      'Content-Type': 'application/octet-stream',
    });
  });

  it('throws what would be refused anyway', () => {
    expect(() => pictureUpload(new File(['%PDF'], 'a.pdf', { type: 'application/pdf' }))).toThrow(/JPEG/);
  });
});
