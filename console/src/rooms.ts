// What there is, as the navigation has it. Those of a workspace are in workspace/pages.tsx.

export interface Room {
  text: string;
  path: string[];
}

/** The rooms of a user pool. */
export const pools: Room[] = [
  { text: 'Overview', path: [] },
  { text: 'Users', path: ['users'] },
  { text: 'Groups', path: ['groups'] },
  { text: 'App clients', path: ['clients'] },
  { text: 'Sign-in', path: ['sign-in'] },
  { text: 'Domain, APIs, providers', path: ['outward'] },
  { text: 'Protection', path: ['protection'] },
  { text: 'Branding', path: ['branding'] },
  { text: 'Import', path: ['import'] },
];

/** What is beside the user pools, in groups. */
export const tops: Room[][] = [
  [
    { text: 'Decisions', path: ['decisions'] },
    { text: 'Tokens', path: ['tokens'] },
    { text: 'Audit log', path: ['audit'] },
  ],
  [
    { text: 'Policy stores', path: ['policy-stores'] },
    { text: 'Identity pools', path: ['identity-pools'] },
  ],
];
