import type { Command } from './command.ts'
import { bulkCommands } from './commands-bulk.ts'
import { catalogueCommands } from './commands-catalogue.ts'
import { contactCommands } from './commands-contact.ts'
import { customFieldCommands } from './commands-custom-field.ts'
import { dealCommands } from './commands-deal.ts'
import { editCommands } from './commands-edit.ts'
import { moveCommands } from './commands-move.ts'
import { peopleCommands } from './commands-people.ts'
import { pipelineCommands } from './commands-pipeline.ts'
import { stageCommands } from './commands-stage.ts'
import { tagCommands } from './commands-tag.ts'

/** One for each mutation of the schema. */
export const commands: Record<string, Command> = {
  ...pipelineCommands,
  ...stageCommands,
  ...contactCommands,
  ...dealCommands,
  ...moveCommands,
  ...editCommands,
  ...bulkCommands,
  ...tagCommands,
  ...catalogueCommands,
  ...peopleCommands,
  ...customFieldCommands,
}
