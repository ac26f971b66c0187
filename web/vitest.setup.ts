/** Modules that listen to the window, or name the page's language, are loaded without one. */
Object.assign(globalThis, { addEventListener: () => undefined, document: { documentElement: {} } });
