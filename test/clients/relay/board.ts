import { graphql } from 'relay-runtime'

// Only the compiler reads these: what it makes of them is imported by the app.

export const query = graphql`
  query boardQuery($pipelineId: ID!, $count: Int!) {
    pipeline(id: $pipelineId) {
      name
      stages {
        name
        ...board_stage @arguments(count: $count)
      }
    }
  }
`

export const stage = graphql`
  fragment board_stage on Stage
  @refetchable(queryName: "boardPageQuery")
  @argumentDefinitions(count: { type: "Int!" }, cursor: { type: "String" }) {
    deals(first: $count, after: $cursor) @connection(key: "board_stage_deals") {
      edges {
        node {
          id
          name
          version
        }
      }
    }
  }
`

export const move = graphql`
  mutation boardMoveMutation($input: MoveDealInput!) {
    moveDeal(input: $input) {
      deal {
        id
        version
        stageName
      }
      userErrors {
        code
        ... on VersionConflict {
          currentVersion
        }
      }
    }
  }
`
