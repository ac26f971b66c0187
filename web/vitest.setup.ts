/** Modules that listen to the window are loaded without one. */
Object.assign(globalThis, { addEventListener: () => undefined });
