import * as z from 'zod';
import { failpoint } from '../../core/base/failpoint.js';
import type { Answer, CommentOutcome } from '../../core/forge/forge.js';
import { hasMarker } from '../../core/forge/pull-marker.js';
import { messageOf } from './gh-answer.js';
import type { GhClient } from './gh-client.js';

const QUERY = `query O8Comments($owner: String!, $name: String!, $number: Int!, $after: String) {
  repository(owner: $owner, name: $name) { pullRequest(number: $number) {
    comments(first: 100, after: $after) {
      pageInfo { hasNextPage endCursor }
      nodes { databaseId body viewerDidAuthor }
    }
  } }
}`;

const commentsSchema = z.object({
  repository: z.looseObject({
    pullRequest: z
      .looseObject({
        comments: z.looseObject({
          pageInfo: z.looseObject({ hasNextPage: z.boolean(), endCursor: z.string().nullable() }),
          nodes: z.array(z.looseObject({ databaseId: z.number(), body: z.string(), viewerDidAuthor: z.boolean() })),
        }),
      })
      .nullable(),
  }),
});
interface Comment {
  readonly databaseId: number;
  readonly body: string;
}

const idSchema = z.looseObject({ id: z.number() });

/** Creates or edits the comment with this marker. Somebody else's comment that quotes it is left alone. */
export async function markedComment(
  gh: GhClient,
  number: number,
  { marker, body }: { readonly marker: string; readonly body: string },
): Promise<CommentOutcome> {
  const existing = await ownComment(gh, number, marker);
  if (existing.kind !== 'answered') return existing;
  const comment = existing.value;
  if (comment !== null && plain(comment.body) === plain(body)) {
    return { kind: 'unchanged', id: String(comment.databaseId) };
  }
  failpoint('forge.comment.before');
  const answer =
    comment === null
      ? await gh.rest('POST', `/issues/${String(number)}/comments`, { body })
      : await gh.rest('PATCH', `/issues/comments/${String(comment.databaseId)}`, { body });
  failpoint('forge.comment.after');
  if (answer.kind !== 'http') return answer;
  const read = answer.status === 200 || answer.status === 201 ? idSchema.safeParse(answer.body) : null;
  if (read?.success !== true) return { kind: 'refused', why: messageOf(answer, gh.redact) };
  return { kind: comment === null ? 'created' : 'edited', id: String(read.data.id) };
}

async function ownComment(
  gh: GhClient,
  number: number,
  marker: string,
  after: string | null = null,
): Promise<Answer<Comment | null>> {
  const answer = await gh.graphql(QUERY, { number, after }, commentsSchema);
  if (answer.kind !== 'answered') return answer;
  const { pullRequest } = answer.value.repository;
  if (pullRequest === null) return { kind: 'refused', why: `pull request ${String(number)} does not exist` };
  const { nodes, pageInfo } = pullRequest.comments;
  const found = nodes.find((comment) => comment.viewerDidAuthor && hasMarker(comment.body, marker));
  if (found !== undefined || !pageInfo.hasNextPage) return { kind: 'answered', value: found ?? null };
  return ownComment(gh, number, marker, pageInfo.endCursor);
}

/** GitHub may change line ends and the blanks at the end. */
function plain(body: string): string {
  return body.replaceAll('\r\n', '\n').trimEnd();
}
