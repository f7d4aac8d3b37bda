// Identity pools in the console, one function a journey.
import { commandOf, develop, dialog, fault, heading, notice, pool as userPool, to } from './steps.mjs';

export const identity = { identify, forget };

const client = 'contactsweb0000000000000000'; // of examples/dev/seeds.yaml
const role = (name) => `arn:aws:iam::000000000000:role/${name}`;

/** A pool is made, gets providers, roles, rules and tags; the way to a role is drawn, and who has come is looked up. */
async function identify({ open, accessible, fits, url }) {
  const page = await develop(open);
  const said = { commands: [] };
  const tab = (name) => page.getByRole('tab', { name, exact: true }).click();
  const save = async (button, told) => {
    said.commands.push(await commandOf(page));
    await accessible(page, told);
    await dialog(page).getByRole('button', { name: button, exact: true }).click();
    await dialog(page).waitFor({ state: 'detached' });
    await notice(page, told);
  };
  await to(page, 'identity-pools', 'Identity pools');
  await page.getByText('There are no identity pools').waitFor();
  await accessible(page, 'no identity pools');
  await page.getByRole('button', { name: 'Create identity pool' }).first().click();
  await dialog(page).getByRole('textbox', { name: 'Name' }).fill('people');
  await dialog(page).getByRole('combobox', { name: /^User pool/ }).fill('nowhere');
  await dialog(page).getByRole('combobox', { name: /^App client/ }).fill(client);
  await dialog(page).getByRole('textbox', { name: /^Developer provider/ }).fill('login.example.com');
  await dialog(page).getByRole('button', { name: 'Create identity pool' }).click();
  said.refused = await fault(page);
  await dialog(page).getByRole('combobox', { name: /^User pool/ }).fill(userPool);
  await save('Create identity pool', 'The identity pool people is there.');
  await heading(page, 'people');
  await page.getByText('There is no role for people who have signed in').waitFor();
  await accessible(page, 'identity pool');
  said.id = await page.evaluate(() => decodeURIComponent(location.hash.split('/')[2]));

  await page.getByRole('button', { name: 'Edit the settings' }).click();
  await dialog(page).getByRole('textbox', { name: 'Name' }).fill('everybody');
  await dialog(page).getByText('Guests may come in').click();
  await save('Save', 'The identity pool is saved.');
  await heading(page, 'everybody');

  // Providers come, change and go.
  await tab('Providers');
  const add = async (kind, label, text) => {
    await page.getByRole('button', { name: 'Add provider' }).first().click();
    await dialog(page).getByRole('button', { name: /^Kind/ }).click();
    await page.getByRole('option', { name: kind, exact: true }).click();
    await dialog(page).getByRole('textbox', { name: label }).fill(text);
    await save('Add provider', 'The provider is there.');
  };
  await add('OpenID Connect', 'Issuer or ARN', 'https://id.example.com');
  await add('Google', 'Client IDs', 'web\nphone');
  await add('Apple', 'Client IDs', 'com.example.app');
  await page.getByRole('button', { name: `Edit ${userPool} ${client}` }).click();
  await dialog(page).getByText('Look tokens up in the user pool').click();
  await save('Save', 'The provider is saved.');
  await accessible(page, 'providers');
  await page.getByRole('button', { name: 'Remove Apple' }).click();
  await dialog(page).getByLabel('Type Apple to confirm').fill('Apple');
  await save('Remove', 'The provider was removed.');

  // Roles, and rules that lead to others; the second one is put first.
  await tab('Roles');
  await page.getByRole('button', { name: 'Edit the roles' }).click();
  await dialog(page).getByRole('textbox', { name: /^For people who have signed in/ }).fill(role('member'));
  await dialog(page).getByRole('textbox', { name: /^For guests/ }).fill(role('guest'));
  await save('Save', 'The roles are saved.');
  await page.getByRole('button', { name: `Edit the role mapping of cognito-idp.us-east-1.amazonaws.com/${userPool}:${client}` }).click();
  await dialog(page).getByRole('radio', { name: /first rule that fits/ }).check();
  const rule = async (n, claim, match, value, arn) => {
    await dialog(page).getByRole('textbox', { name: `Claim of rule ${n}` }).fill(claim);
    await dialog(page).getByRole('button', { name: `Match of rule ${n}` }).click();
    await page.getByRole('option', { name: match, exact: true }).click();
    await dialog(page).getByRole('textbox', { name: `Value of rule ${n}` }).fill(value);
    await dialog(page).getByRole('textbox', { name: `Role of rule ${n}` }).fill(arn);
  };
  await rule(1, 'custom:department', 'is not', 'sales', role('nobody'));
  await dialog(page).getByRole('button', { name: 'Add rule' }).click();
  await rule(2, 'cognito:groups', 'contains', 'staff', role('member'));
  await dialog(page).getByRole('button', { name: 'Actions of rule 2' }).click();
  await page.getByRole('menuitem', { name: 'Move up' }).click();
  await save('Save', 'The role mapping is saved.');
  said.rules = (await page.getByRole('row', { name: /staff/ }).getByRole('listitem').allInnerTexts()).map((t) => t.replace(/\s+/g, ' ').trim());
  await accessible(page, 'roles');

  await tab('Attributes');
  await page.getByRole('button', { name: `Edit the tags of ${userPool}` }).click();
  await dialog(page).getByRole('radio', { name: 'Tags of your choice' }).check();
  await dialog(page).getByRole('textbox', { name: 'Tag 1', exact: true }).fill('department');
  await dialog(page).getByRole('textbox', { name: 'Claim of tag 1' }).fill('custom:department');
  await save('Save', 'The tags are saved.');
  await page.getByRole('row', { name: /department is the claim custom:department/ }).waitFor();
  await accessible(page, 'tags');

  // The way to a role: by a rule, to a role that nobody has made, as a guest.
  await tab('Who gets which role');
  const picture = page.getByRole('list', { name: 'The way to the role' });
  const way = async (claims) => {
    if (claims) await page.getByRole('textbox', { name: 'That says' }).fill(JSON.stringify({ sub: 'a', aud: client, 'cognito:username': 'ann', ...claims }));
    await picture.waitFor({ state: 'detached' }); // that of another question
    await page.getByRole('button', { name: 'Which role?' }).click();
    await picture.getByText(/^[✓✕]/).waitFor();
    return (await picture.locator(':scope > li').last().innerText()).split('\n').slice(1).map((t) => t.trim()).filter(Boolean);
  };
  said.way = [await way({ 'cognito:groups': ['staff'], 'custom:department': 'sales' })];
  await accessible(page, 'way to a role');
  said.way.push(await way({ 'custom:department': 'stock' }));
  await page.getByText('is not in the configuration').waitFor();
  await page.getByRole('button', { name: /^With a token of/ }).click();
  await page.getByRole('option', { name: /a guest/ }).click();
  said.way.push(await way());

  // Somebody comes.
  const come = await fetch(url, { method: 'POST', headers: { 'Content-Type': 'application/x-amz-json-1.1', 'X-Amz-Target': 'AWSCognitoIdentityService.GetId' }, body: JSON.stringify({ IdentityPoolId: said.id }) });
  const { IdentityId } = await come.json();
  await tab('Identities');
  await page.getByRole('row', { name: /a guest/ }).waitFor();
  await accessible(page, 'identities');
  await page.getByRole('textbox', { name: /^ID of an identity/ }).fill(IdentityId);
  await page.getByRole('button', { name: 'Look up' }).click();
  await dialog(page).getByText(IdentityId, { exact: true }).waitFor();
  await accessible(page, 'identity');
  await dialog(page).getByRole('button', { name: 'Delete' }).click();
  await dialog(page).getByLabel(`Type ${IdentityId} to confirm`).fill(IdentityId);
  await dialog(page).getByRole('button', { name: 'Delete', exact: true }).click();
  await notice(page, 'The identity was deleted.');
  await page.getByText('Nobody has come yet').waitFor();
  await page.getByRole('textbox', { name: /^ID of an identity/ }).fill('user-7');
  await page.getByRole('button', { name: 'Look up' }).click();
  said.unknown = (await fault(page)).split(':')[0];

  // Every tab fits on a telephone and can be read in the dark.
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.setViewportSize({ width: 390, height: 840 });
  for (const name of ['', 'providers', 'roles', 'tags', 'way', 'identities']) {
    await to(page, `identity-pools/${encodeURIComponent(said.id)}/${name}`, 'everybody');
    await page.getByRole('tabpanel').waitFor();
    await page.waitForLoadState('networkidle');
    await fits(page, 'identity pool ' + name);
    await accessible(page, 'dark identity pool ' + name);
  }
  said.broken = await page.getByTestId('broken').count();
  return said;
}

/** A pool goes when its name was typed, and not before. */
async function forget({ open, key: id }) {
  const page = await develop(open);
  await to(page, `identity-pools/${encodeURIComponent(id)}`, 'everybody');
  await page.getByRole('button', { name: 'Delete', exact: true }).click();
  const said = { unconfirmed: await dialog(page).getByRole('button', { name: 'Delete' }).isDisabled() };
  said.command = await commandOf(page);
  await dialog(page).getByLabel('Type everybody to confirm').fill('everybody');
  await dialog(page).getByRole('button', { name: 'Delete', exact: true }).click();
  await heading(page, 'Identity pools');
  await notice(page, 'The identity pool everybody was deleted.');
  return said;
}
