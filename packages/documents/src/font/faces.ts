// The two faces that documents are written in, Noto Sans SC regular and bold. Each is read once per process, when it is first
// needed: a service that draws nothing does not hold 10 MB of outlines.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readTrueType, type TrueTypeFont } from './true-type.ts';

export type Face = 'regular' | 'bold';

const FILES: Readonly<Record<Face, string>> = {
  regular: import.meta.resolve('@expo-google-fonts/noto-sans-sc/400Regular/NotoSansSC_400Regular.ttf'),
  bold: import.meta.resolve('@expo-google-fonts/noto-sans-sc/700Bold/NotoSansSC_700Bold.ttf'),
};

const opened = new Map<Face, TrueTypeFont>();

export function fontOf(face: Face): TrueTypeFont {
  const known = opened.get(face);
  if (known !== undefined) return known;
  const font = readTrueType(readFileSync(fileURLToPath(FILES[face])));
  opened.set(face, font);
  return font;
}
