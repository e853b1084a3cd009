import { expect, it } from 'vitest';
import { chatTierWords } from './benefits';

const opening = { benefits: [{ kind: 'members_only_chat' as const }] };
const other = { benefits: [{ kind: 'replays' as const }] };

it('names the tiers that open the chat of members, and no other', () => {
  expect(chatTierWords([])).toBe('');
  expect(chatTierWords([{ name: 'Tin', ...other }])).toBe('');
  expect(
    chatTierWords([
      { name: 'Tin', ...other },
      { name: 'Silver', ...opening },
    ]),
  ).toBe("Its tier 'Silver' opens it.");
  const both = [
    { name: 'Silver', ...opening },
    { name: 'Gold', ...opening },
  ];
  expect(chatTierWords(both)).toBe("Its tiers 'Silver' and 'Gold' open it.");
});
