/** The bundler puts the text of Markdown files (`agents/*.md`) into the programs that import them. */
declare module '*.md' {
  const text: string;
  export default text;
}
