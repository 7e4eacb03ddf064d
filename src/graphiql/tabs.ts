export interface ExampleTab {
  query: string
  variables?: Record<string, unknown>
}

const board = `# The board: each pipeline with its stages, what the deals of a stage come to, and the first five of them.
# Press the play button, or Ctrl-Enter.
query Board {
  pipelines {
    name
    stages {
      name
      kind
      probability
      # One total for each currency; they are never mixed.
      totals {
        currency
        count
        amount
        weightedAmount
      }
      # In their order on the board, which is also the default.
      deals(first: 5, orderBy: { field: RANK, direction: ASC }) {
        nodes {
          number
          name
          amount
          currency
          isRotting
          organization {
            name
          }
          primaryContact {
            name
            email
          }
        }
      }
    }
  }
}
`

const history = `# A deal and how it came to be where it is: won, after it had been lost and opened again.
query DealWithHistory($number: Int!) {
  dealByNumber(number: $number) {
    id
    name
    pipelineName
    stageName
    amount
    currency
    probability
    weightedAmount
    contacts {
      role
      isPrimary
      contact {
        name
        jobTitle
      }
    }
    history {
      totalCount
      nodes {
        seq
        direction
        fromStageName
        toStageName
        # As they were at that moment.
        amount
        probability
        actor {
          name
        }
        reason
        note
        occurredAt
        secondsInPreviousStage
      }
    }
  }
}
`

const page = `# A page of deals. For the next one, pass this one's endCursor as $after.
query Deals($search: String, $filter: DealFilter, $after: String) {
  deals(
    first: 10
    after: $after
    search: $search
    filter: $filter
    orderBy: { field: AMOUNT, direction: DESC }
  ) {
    # Counted only because it is asked for.
    totalCount
    nodes {
      number
      name
      amount
      currency
      stageName
      secondsInStage
      expectedCloseDate
      owner {
        name
      }
      tags {
        name
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
`

const move = `# Moves a deal from Proposal to Negotiation. Run it twice: the second time the deal is at another version,
# so nothing changes and the answer says what the deal is like now.
mutation MoveDeal($input: MoveDealInput!) {
  moveDeal(input: $input) {
    deal {
      name
      stageName
      probability
      version
    }
    stageChange {
      seq
      direction
      fromStageName
      toStageName
      note
      secondsInPreviousStage
    }
    # What is wrong with the input, as data; each kind is a type of its own.
    userErrors {
      code
      message
      path
      ... on VersionConflict {
        currentVersion
        deal {
          stageName
        }
      }
      ... on ReasonRequired {
        knownReasons
      }
    }
  }
}
`

/**
 * What GraphiQL opens with. The values are those of the demo tenant, whose ids are the same
 * everywhere.
 */
export const exampleTabs: ExampleTab[] = [
  { query: board },
  { query: history, variables: { number: 1 } },
  {
    query: page,
    variables: {
      search: 'robot arm',
      filter: { status: { eq: 'OPEN' }, amount: { gte: '50000' } },
    },
  },
  {
    query: move,
    variables: {
      input: {
        dealId: 'deal_019b8d72-fd10-7755-8ed7-143f2face26c',
        stageId: 'stage_019b8d62-b900-7559-a37e-15c762517795',
        expectedVersion: 3,
        note: 'They accept the second option.',
      },
    },
  },
]
