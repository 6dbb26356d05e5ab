import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  base: "./",
  plugins: [react()],
  build: {
    // Nothing is inlined as data: URIs, so that the page runs under `default-src 'self'`.
    assetsInlineLimit: 0,
    // The map is one large vendor file, loaded only where a map is shown.
    chunkSizeWarningLimit: 1400,
    rolldownOptions: {
      output: {
        // The map's worker is a module; some servers do not know the suffix .mjs and would send it as plain text.
        assetFileNames: (asset) =>
          asset.names.some((name) => name.endsWith(".mjs")) ? "assets/[name]-[hash].js" : "assets/[name]-[hash][extname]",
      },
    },
  },
  server: { proxy: { "/api": "http://127.0.0.1:8000" } },
});
