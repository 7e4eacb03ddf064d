import { type Command, isLive, type Picks, versioned } from './command.ts'
import { assigneeErrors } from './commands-deal.ts'
import { dealToChange, touch, type Versioned } from './rules.ts'
import { nextNumber, refuse, refuseAny, type State, type Tag } from './state.ts'

interface TagInput {
  name?: string | null
  color?: string | null
}

const values = (pick: Picks): Pick<TagInput, 'color'> =>
  pick.some({ color: () => pick.from(['#FF0000', '#00ff00', 'red', null]) }, 2)

function checked(state: State, { name, color }: TagInput, own?: Tag): Partial<Tag> {
  refuseAny([
    ...(name === null || name?.trim() === '' ? ['VALIDATION_ERROR name'] : []),
    ...(color === 'red' ? ['VALIDATION_ERROR color'] : []),
  ])
  const folded = name?.trim().toLowerCase()
  if (state.tags.some((tag) => tag !== own && tag.name.toLowerCase() === folded))
    refuse('NAME_TAKEN name')
  return {
    ...(name != null && { name: name.trim() }),
    ...(color !== undefined && { color: color?.toLowerCase() ?? null }),
  }
}

function tagOf(state: State, id: string): Tag {
  return state.tags.find((tag) => tag.id === id) ?? refuse('NOT_FOUND tagId')
}

const createTag: Command<TagInput & { name: string }> = {
  weight: 2,
  selection: 'tag { id }',
  input: (_, pick) => ({ name: pick.from(['Hot', 'Cold', 'New', 'HOT ', ' ']), ...values(pick) }),
  apply(state, input, { payload }) {
    const { name = '', color = null } = checked(state, input)
    const number = nextNumber(state, 'tag')
    state.tags.push({ id: payload.tag?.id, number, name, color })
    return undefined
  },
}

const updateTag: Command<TagInput & { tagId: string }> = {
  weight: 1,
  selection: 'tag { id }',
  input: (state, pick) => ({
    tagId: pick.idOf('tag', state.tags),
    ...pick.some<TagInput>({ name: () => pick.from(['Hot', 'HOT', 'Warm', null]) }, 2),
    ...values(pick),
  }),
  apply(state, { tagId, ...input }) {
    const tag = tagOf(state, tagId)
    Object.assign(tag, checked(state, input, tag))
    return { tag: { id: tagId } }
  },
}

const deleteTag: Command<{ tagId: string }> = {
  weight: 1,
  selection: 'deletedTagId untaggedCount',
  input: (state, pick) => ({ tagId: pick.idOf('tag', state.tags) }),
  apply(state, { tagId }) {
    const gone = tagOf(state, tagId)
    const tagged = state.deals.filter(({ tags }) => tags.includes(tagId))
    for (const deal of tagged) deal.tags = deal.tags.filter((id) => id !== tagId)
    state.tags = state.tags.filter((tag) => tag !== gone)
    return { deletedTagId: tagId, untaggedCount: tagged.length }
  },
}

type Ids = Versioned & { tagIds?: string[]; memberIds?: string[] }

/** Puts things on a deal or takes them off it; what is so already changes nothing. */
function set(on: 'tags' | 'assignees', puts: boolean): Command<Ids> {
  const idsName = on === 'tags' ? 'tagIds' : 'memberIds'
  const listOf = (state: State) => (on === 'tags' ? state.tags : state.members)
  return {
    weight: 2,
    selection: 'deal { id }',
    input: (state, pick) => ({
      ...versioned(state, pick, (deal) => isLive(deal) && (puts || deal[on].length > 0)),
      [idsName]: pick.idsOf(on === 'tags' ? 'tag' : 'member', listOf(state), 3),
    }),
    apply(state, input) {
      const deal = dealToChange(state, input)
      const ids = input[idsName] ?? []
      if (ids.length === 0) refuse(`VALIDATION_ERROR ${idsName}`)
      if (on === 'assignees' && puts)
        refuseAny(assigneeErrors(state, { ids, path: idsName, present: deal.assignees }))
      const known = new Set(listOf(state).map(({ id }) => id))
      const unknown = ids.map((id, index) =>
        known.has(id) ? [] : [`NOT_FOUND ${idsName}.${index}`],
      )
      refuseAny(unknown.flat())
      const others = deal[on].filter((id) => !ids.includes(id))
      const next = puts ? [...deal[on], ...ids.filter((id) => !deal[on].includes(id))] : others
      if (next.length === deal[on].length) return { deal: { id: deal.id } }
      deal[on] = next
      touch(state, deal)
      return { deal: { id: deal.id } }
    },
  }
}

export const tagCommands = {
  ...{ createTag, updateTag, deleteTag },
  tagDeal: set('tags', true),
  untagDeal: set('tags', false),
  assignDeal: set('assignees', true),
  unassignDeal: set('assignees', false),
}
