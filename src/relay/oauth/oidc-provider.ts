// The library, imported quietly: on a Node.js that has no LTS name yet it warns on the console of an unsupported
// runtime. We test on those too, and a service's stderr holds its log alone.

const { warn } = console;
console.warn = (...words: unknown[]) => {
  if (!String(words[0]).includes('Unsupported runtime')) warn(...words);
};
const { errors, Provider } = await import('oidc-provider');
console.warn = warn;

export { errors, Provider };
