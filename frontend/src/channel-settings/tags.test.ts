import { describe, expect, it } from 'vitest';
import { addTags } from './tags';

describe('addTags', () => {
  it('takes several at once, without what a tag may not hold', () => {
    expect(addTags(['art'], '#water-colour, English; größe')).toEqual([
      'art',
      'watercolour',
      'English',
      'größe',
    ]);
  });

  it('has none twice, whatever their capitals', () => {
    expect(addTags(['Art'], 'art ART music Music')).toEqual(['Art', 'music']);
  });

  it('stops at ten, and at 25 characters', () => {
    const many = addTags([], 'a b c d e f g h i j k l');
    expect(many).toHaveLength(10);
    expect(addTags(many, 'z')).toEqual(many);
    expect(addTags([], 'x'.repeat(40))).toEqual(['x'.repeat(25)]);
  });

  it('adds nothing for nothing', () => {
    expect(addTags(['art'], ' , -- ')).toEqual(['art']);
  });
});
