// The images of a style.
import type { AssetCategoryType, AssetExtensionType, AssetType, ColorSchemeModeType } from '@aws-sdk/client-cognito-identity-provider';
import type { Tree } from './settings';
import { put } from './settings';

export interface Picture {
  text: string;
  about: string;
  category: AssetCategoryType;
  /** What has to be true in the settings for it to be shown. */
  shown?: string;
}

export const pictures: Picture[] = [
  { text: 'Logo', about: 'Above the form.', category: 'FORM_LOGO', shown: 'components.form.logo.enabled' },
  { text: 'Background', about: 'Behind everything, as large as the page.', category: 'PAGE_BACKGROUND', shown: 'components.pageBackground.image.enabled' },
  { text: 'Icon of the tab', about: 'SVG.', category: 'FAVICON_SVG' },
];

const kinds: Record<string, AssetExtensionType> = { 'image/svg+xml': 'SVG', 'image/png': 'PNG', 'image/jpeg': 'JPEG', 'image/webp': 'WEBP' };
export const takenKinds = Object.keys(kinds).join(',');

export async function assetOf(file: File, category: AssetCategoryType, mode: ColorSchemeModeType): Promise<AssetType> {
  const Extension = kinds[file.type] ?? (file.name.split('.').pop()?.toUpperCase() as AssetExtensionType);
  return { Category: category, ColorMode: mode, Extension, Bytes: new Uint8Array(await file.arrayBuffer()) };
}

/** The image of a mode: its own, else the one for both. */
export function imageOf(assets: AssetType[], category: AssetCategoryType, mode: ColorSchemeModeType): AssetType | undefined {
  const of = assets.filter((a) => a.Category === category);
  return of.find((a) => a.ColorMode === mode) ?? of.find((a) => a.ColorMode === 'DYNAMIC');
}

export function withAsset(assets: AssetType[], one: AssetType): AssetType[] {
  return [...assets.filter((a) => a.Category !== one.Category || a.ColorMode !== one.ColorMode), one];
}

export function showing(settings: Tree, p: Picture): Tree {
  return p.shown ? put(settings, p.shown, true) : settings;
}

export function base64(bytes: Uint8Array | undefined): string {
  let text = '';
  for (const b of bytes ?? []) text += String.fromCharCode(b);
  return btoa(text);
}

export function address(a: AssetType): string {
  const kind = Object.entries(kinds).find(([, e]) => e === a.Extension)?.[0] ?? 'image/x-icon';
  return `data:${kind};base64,${base64(a.Bytes)}`;
}

/** As the server takes it to show it. */
export function sampled(a: AssetType) {
  return { category: a.Category, color_mode: a.ColorMode, extension: a.Extension, bytes: base64(a.Bytes), resource_id: a.ResourceId };
}
