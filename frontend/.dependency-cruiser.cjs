/** Arrows of the page: app > features > shared. Features meet only where app/ composes them. */
const features = '(about|accounts|administration|browse|channel-settings|chat|home|social|studio|watch)';

module.exports = {
  forbidden: [
    {
      name: 'features-do-not-meet',
      comment: 'A feature imports no other feature; a page in app/ composes them.',
      severity: 'error',
      from: { path: `^src/${features}/` },
      to: { path: `^src/${features}/`, pathNot: '^src/$1/' },
    },
    {
      name: 'shared-is-lowest',
      comment: 'shared/ imports neither a feature nor app/.',
      severity: 'error',
      from: { path: '^src/shared/' },
      to: { path: '^src/', pathNot: '^src/shared/' },
    },
    {
      name: 'app-is-outermost',
      comment: 'Only the entry and app/ itself import app/.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(app/|main\\.ts$)' },
      to: { path: '^src/app/' },
    },
    {
      name: 'no-cycles',
      comment: 'Two files that import each other are one file.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-dev-dependencies-at-run-time',
      comment: 'What the page ships is a dependency, not a development dependency.',
      severity: 'error',
      from: { path: '^src/', pathNot: '\\.test\\.ts$' },
      to: { dependencyTypes: ['npm-dev'], pathNot: 'node_modules/svelte/' },
    },
    {
      name: 'not-to-unresolvable',
      comment: 'Every import resolves.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.svelte', '.svelte.ts', '.js', '.css', '.d.ts'],
      exportsFields: ['exports'],
      conditionNames: ['svelte', 'browser', 'import', 'types', 'default'],
    },
  },
};
