import { readdirSync } from 'node:fs';
import next from '@next/eslint-plugin-next';
import jsxA11y from 'eslint-plugin-jsx-a11y';
import hooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

// Imports point one way: app → features → {ui, api, lib}. A feature never imports another feature;
// what two features share is either a primitive (ui), a query (api) or a pure function (lib),
// and pages put features together by passing one to the other as a slot.
const forbid = (...rules) => ({
  'no-restricted-imports': ['error', { patterns: rules.map(([group, message]) => ({ group, message })) }],
});
const noApp = [['**/app/*', '@/../app/*'], 'Nothing under src may import a route.'];
const noRelativeClimb = [['../../*'], 'Use the @/ alias, so that the layer is visible in the import.'];
const noNextNavigation = [['next/navigation', 'next/link'], 'Routing goes through @/lib/nav only.'];

const features = readdirSync(new URL('./src/features', import.meta.url), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);

export default tseslint.config(
  { ignores: ['.next/**', 'out/**', 'next-env.d.ts', 'src/api/generated/**'] },
  ...tseslint.configs.recommended,
  jsxA11y.flatConfigs.strict,
  {
    files: ['**/*.{ts,tsx}'],
    plugins: { '@next/next': next, 'react-hooks': hooks },
    rules: {
      ...next.configs.recommended.rules,
      ...next.configs['core-web-vitals'].rules,
      ...hooks.configs.recommended.rules,
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      // A key that comes from outside may be __proto__ or constructor: a Map takes it for what it is, an object does not.
      'no-restricted-syntax': [
        'error',
        {
          selector: 'AssignmentExpression > MemberExpression.left[computed=true]:not([property.type="Literal"])',
          message: 'Keys that are not known here belong into a Map.',
        },
        {
          selector: ':matches(Program, Program > ExportNamedDeclaration) > VariableDeclaration > '
            + 'VariableDeclarator[init.type="ObjectExpression"] > Identifier > TSTypeAnnotation > TSTypeReference'
            + '[typeName.name="Record"] > TSTypeParameterInstantiation > TSStringKeyword:first-child',
          message: 'A table by text is a Map: an object would find constructor and __proto__ in it.',
        },
      ],
      'no-proto': 'error',
      'no-extend-native': 'error',
      'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
    },
  },
  { files: ['app/**/*.{ts,tsx}'], rules: { ...forbid(noNextNavigation), 'max-lines': ['error', 60] } },
  {
    files: ['src/ui/**/*.{ts,tsx}'],
    rules: forbid(noApp, noRelativeClimb, noNextNavigation, [
      ['@/features/*', '@/api/*', '@tanstack/react-query'],
      'A primitive knows neither features nor data: pass values in.',
    ]),
  },
  {
    files: ['src/api/**/*.{ts,tsx}'],
    rules: forbid(noApp, noRelativeClimb, noNextNavigation, [
      ['@/features/*', '@/ui/*'],
      'The API layer knows no screens.',
    ]),
  },
  {
    files: ['src/lib/**/*.{ts,tsx}'],
    rules: forbid(noApp, noRelativeClimb, [['@/features/*', '@/ui/*', '@/api/*'], 'lib is the bottom: it imports nothing.']),
  },
  ...features.map((feature) => ({
    files: [`src/features/${feature}/**/*.{ts,tsx}`],
    rules: forbid(noApp, noRelativeClimb, noNextNavigation, [
      features.filter((other) => other !== feature).map((other) => `@/features/${other}/*`),
      'A feature never imports a feature: compose them in app/.',
    ]),
  })),
);
