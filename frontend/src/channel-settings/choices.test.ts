import { describe, expect, it } from 'vitest';
import { followersOnlyOptions, slowModeOptions } from './choices';

describe('chat modes', () => {
  it('says slow mode in words, and knows a number an API chose', () => {
    const options = slowModeOptions(45);
    expect(options.map(({ label }) => label).slice(0, 7)).toEqual([
      'Off',
      '3 seconds',
      '5 seconds',
      '10 seconds',
      '30 seconds',
      '45 seconds',
      '1 minute',
    ]);
    expect(slowModeOptions(3)).toHaveLength(options.length - 1);
  });

  it('tells no minimum from off', () => {
    const options = followersOnlyOptions(null);
    expect(options.slice(0, 3)).toEqual([
      { value: 'off', label: 'Off' },
      { value: '0', label: 'Any follower' },
      { value: '10', label: '10 minutes' },
    ]);
    expect(options.at(-1)?.label).toBe('90 days');
  });
});
