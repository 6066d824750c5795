/** The bundler includes the text of imported Markdown files (`agents/*.md`). */
declare module '*.md' {
  const text: string;
  export default text;
}
