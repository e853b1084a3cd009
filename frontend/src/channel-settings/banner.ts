import { answerOf, api } from '#shared/api/client';

export const imageKinds = 'image/png,image/jpeg,image/webp,image/avif,image/gif';

/** The file as it is, whatever it says it is: the server looks at its bytes. */
export async function sendBanner(name: string, file: File): Promise<string | null> {
  const banner = await answerOf(
    api.PUT('/api/v1/channels/{name}/banner', {
      params: { path: { name } },
      body: file as unknown as string,
      bodySerializer: () => file,
      headers: { 'Content-Type': file.type || 'application/octet-stream' },
    }),
  );
  return banner.banner_url;
}
