import type { NextConfig } from 'next';

// A static export: the CodexOS process serves these files itself, so nothing here may need a Node server.
const config: NextConfig = {
  output: 'export',
  images: { unoptimized: true },
  reactStrictMode: true,
  poweredByHeader: false,
  productionBrowserSourceMaps: false,
};

export default config;
