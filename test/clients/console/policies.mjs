// Policy stores and identity pools in the console, one function a journey.
import { commandOf, develop, dialog, fault, notice, pool, to } from './steps.mjs';

export const policies = { permit };

/** A store gets a schema, and policies that have to fit it; a template makes another one. */
async function permit({ open, accessible, fits }) {
  const page = await develop(open);
  const said = {};
  await to(page, 'policy-stores', 'Policy stores');
  await page.getByRole('button', { name: 'Create policy store' }).first().click();
  await dialog(page).getByRole('textbox', { name: /^Description/ }).fill('documents');
  await dialog(page).getByRole('button', { name: 'Create policy store' }).click();
  await page.getByRole('row', { name: /documents/ }).getByRole('link').click();
  await page.getByText('Policies are not validated.').waitFor();

  await page.getByRole('button', { name: 'Edit the schema' }).click();
  await dialog(page).getByRole('textbox', { name: 'Schema as JSON' }).fill('{"App": {}');
  await dialog(page).getByRole('button', { name: 'Save' }).click();
  said.schema = (await fault(page)).split(':').slice(0, 3).join(':');
  await dialog(page).getByRole('textbox', { name: 'Schema as JSON' }).fill('{"App": {"entityTypes": {"User": {}, "Document": {}}, "actions": {"read": {"appliesTo": {"principalTypes": ["User"], "resourceTypes": ["Document"]}}}}}');
  await dialog(page).getByRole('button', { name: 'Save' }).click();
  await notice(page, 'The schema is saved.');
  await page.getByRole('button', { name: 'Validation' }).click();
  await dialog(page).getByRole('radio', { name: 'Have to fit the schema' }).check();
  await dialog(page).getByRole('button', { name: 'Save' }).click();
  await page.getByText('Policies have to fit the schema.').waitFor();

  await page.getByRole('button', { name: 'Create policy', exact: true }).click();
  const text = dialog(page).getByRole('textbox', { name: 'Policy' });
  await text.fill('permit (principal, action == App::Action::"write", resource);');
  await dialog(page).getByRole('button', { name: 'Create policy' }).click();
  said.refused = await fault(page);
  await accessible(page, 'policy');
  await text.fill('permit (principal == App::User::"ann", action == App::Action::"read", resource);');
  said.command = (await commandOf(page)).split('\n')[0];
  await dialog(page).getByRole('button', { name: 'Create policy' }).click();
  await notice(page, 'The policy is saved.');
  await page.getByRole('button', { name: /^Edit policy/ }).click();
  await dialog(page).getByRole('textbox', { name: 'Policy' }).fill('permit (principal == App::User::"ann", action == App::Action::"read", resource) when { resource == App::Document::"1" };');
  await dialog(page).getByRole('button', { name: 'Save' }).click();
  await dialog(page).waitFor({ state: 'detached' });

  await page.getByRole('button', { name: 'Create template' }).click();
  await dialog(page).getByRole('textbox', { name: 'Template' }).fill('permit (principal == ?principal, action == App::Action::"read", resource == ?resource);');
  await dialog(page).getByRole('textbox', { name: /^Description/ }).fill('readers');
  await dialog(page).getByRole('button', { name: 'Create template' }).click();
  await notice(page, 'The template is saved.');
  await page.getByRole('button', { name: 'Use a template' }).click();
  await dialog(page).getByRole('textbox', { name: '?principal' }).fill('App::User::"ben"');
  await dialog(page).getByRole('textbox', { name: '?resource' }).fill('App::Document::"2"');
  await dialog(page).getByRole('button', { name: 'Create policy' }).click();
  await page.getByRole('cell', { name: 'template linked' }).waitFor();
  await accessible(page, 'policy store');

  const ask = async (who, what) => {
    await page.getByRole('textbox', { name: 'Principal', exact: true }).fill(`App::User::"${who}"`);
    await page.getByRole('textbox', { name: 'Action', exact: true }).fill('App::Action::"read"');
    await page.getByRole('textbox', { name: 'Resource', exact: true }).fill(`App::Document::"${what}"`);
    await page.getByRole('button', { name: 'Ask', exact: true }).click();
    await page.getByText(/^(Decided by|No policy held)/).waitFor();
    return page.getByText(/^[✓✕]/).textContent();
  };
  said.asked = [await ask('ann', 1), await ask('ann', 2), await ask('ben', 2)];
  await page.getByRole('button', { name: 'Add identity source' }).click();
  await dialog(page).getByRole('textbox', { name: 'ARN of the user pool' }).fill(`arn:aws:cognito-idp:us-east-1:000000000000:userpool/${pool}`);
  await dialog(page).getByRole('textbox', { name: 'Type of principals' }).fill('App::User');
  await dialog(page).getByRole('button', { name: 'Add identity source' }).click();
  await page.getByRole('cell', { name: 'App::User', exact: true }).waitFor();

  // A store has one source: that of a pool goes, and one of another issuer comes.
  await page.getByRole('button', { name: /^Delete the identity source/ }).click();
  const source = await dialog(page).getByRole('textbox', { name: /^Type/ }).getAttribute('placeholder');
  await dialog(page).getByRole('textbox', { name: /^Type/ }).fill(source);
  await dialog(page).getByRole('button', { name: 'Delete', exact: true }).click();
  await page.getByText('There are no identity sources').waitFor();
  await page.getByRole('button', { name: 'Add identity source' }).click();
  await dialog(page).getByRole('radio', { name: /OpenID Connect/ }).check();
  await dialog(page).getByRole('textbox', { name: 'Issuer' }).fill('https://login.example.com');
  await dialog(page).getByText('for others count, too').waitFor();
  await dialog(page).getByRole('radio', { name: 'Access tokens' }).check();
  await dialog(page).getByRole('textbox', { name: /^Audiences/ }).fill('https://documents.example.com');
  await dialog(page).getByRole('textbox', { name: 'Type of principals' }).fill('App::User');
  await dialog(page).getByRole('textbox', { name: /^Claim of the groups/ }).fill('groups');
  said.half = await dialog(page).getByRole('button', { name: 'Add identity source' }).isDisabled();
  await dialog(page).getByRole('textbox', { name: /^Type of groups/ }).fill('App::Group');
  await accessible(page, 'identity source');
  said.source = JSON.parse((await commandOf(page)).match(/--configuration '(.*)'/)[1]);
  await dialog(page).getByRole('button', { name: 'Add identity source' }).click();
  await page.getByRole('cell', { name: /an issuer, access tokens/ }).or(page.getByRole('rowheader', { name: /an issuer, access tokens/ })).waitFor();
  await page.getByRole('button', { name: /^Edit the identity source/ }).click();
  await dialog(page).getByRole('textbox', { name: /^Prefix of ids/ }).fill('example');
  await dialog(page).getByRole('button', { name: 'Save' }).click();
  await notice(page, 'The identity source is saved.');
  await page.getByRole('button', { name: /^Edit the identity source/ }).click();
  said.kept = await dialog(page).getByRole('textbox').evaluateAll((all) => all.map((i) => i.value).filter(Boolean));
  await dialog(page).getByRole('button', { name: 'Cancel' }).click();
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.setViewportSize({ width: 390, height: 840 });
  await fits(page, 'policy store');
  await accessible(page, 'dark policy store');
  return said;
}
