import { gql } from '@apollo/client/core'

const dealCard = gql`
  fragment DealCard on Deal {
    id
    name
    amount
    currency
    version
  }
`

const dealPage = gql`
  fragment DealPage on DealConnection {
    nodes {
      ...DealCard
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
  ${dealCard}
`

export const board = gql`
  query Board($pipelineId: ID!, $first: Int!) {
    pipeline(id: $pipelineId) {
      id
      name
      stages {
        id
        name
        deals(first: $first) {
          ...DealPage
        }
      }
    }
  }
  ${dealPage}
`

export const stagePage = gql`
  query StagePage($stageId: ID!, $first: Int!, $after: String) {
    node(id: $stageId) {
      id
      ... on Stage {
        deals(first: $first, after: $after) {
          ...DealPage
        }
      }
    }
  }
  ${dealPage}
`

export const moveDeal = gql`
  mutation MoveDeal($input: MoveDealInput!) {
    moveDeal(input: $input) {
      deal {
        ...DealCard
        stageName
      }
      userErrors {
        code
        message
        ... on VersionConflict {
          currentVersion
        }
      }
    }
  }
  ${dealCard}
`
