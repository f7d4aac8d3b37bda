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
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.setViewportSize({ width: 390, height: 840 });
  await fits(page, 'policy store');
  await accessible(page, 'dark policy store');
  return said;
}
