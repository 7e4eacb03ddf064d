// The demo tenant's vocabulary. Domains and telephone numbers are from the ranges reserved for
// fiction, so that no mail or call ever reaches anybody.

export type Region = 'AMER' | 'EMEA' | 'APAC'

export interface OpenStage {
  name: string
  probability: number
  rottingDays: number
  notes: string[]
  nextSteps: string[]
}

/** For sale at `price` each, up to `most`. `{n}` is how many, `{site}` where the customer is. */
export interface Offer {
  name: string
  price: number
  most: number
  valuePeriod: string
  text: string
}

export interface PipelineWords {
  name: string
  open: OpenStage[]
  won: string
  lost: string
  wonReasons: string[]
  lostReasons: string[]
  sources: string[]
  offers: Offer[]
}

export const tenant = {
  slug: 'demo',
  name: 'Northwind Robotics',
  defaultCurrency: 'USD',
  timeZone: 'America/New_York',
}

export const members = table(`
  Dana Whitfield | ADMIN
  Marcus Oyelaran | MEMBER
  Ines Carvalho | MEMBER
  Tomasz Zielinski | MEMBER
  Priya Raman | MEMBER
  Joel Lindgren | READ_ONLY`)

export const tags = table(`
  Key account | #b45309
  Pilot | #0e7490
  Tender | #6d28d9
  Upsell | #15803d
  Fast track | #be123c
  At risk | #475569`)

export const organizations = table(`
  Acme Logistics | AMER | Columbus
  Altona Chemicals | EMEA | Hamburg
  Bluepeak Foods | AMER | Boise
  Brightwater Bottling | AMER | Tampa
  Castellan Automotive | EMEA | Zaragoza
  Copperfield Books | EMEA | Leeds
  Delmar Freight | AMER | San Diego
  Dunmore Plastics | EMEA | Cork
  Eastgate Pharma | AMER | Raleigh
  Everly Toys | AMER | Providence
  Fjordline Seafood | EMEA | Bergen
  Foxglove Gardens | AMER | Portland
  Granite State Tools | AMER | Nashua
  Greyfriars Brewing | EMEA | Edinburgh
  Harbor & Finch | AMER | Baltimore
  Hollis Hardware | AMER | Tulsa
  Ironbridge Steel | AMER | Pittsburgh
  Juniper Grove Dairy | AMER | Madison
  Kaltenbach Maschinen | EMEA | Stuttgart
  Kestrel Aerospace | AMER | Wichita
  Kowhai Fruit | APAC | Tauranga
  Larkspur Grocers | AMER | Denver
  Lindqvist Paper | EMEA | Gothenburg
  Marlowe Beverages | AMER | Atlanta
  Meridian Tire | AMER | Akron
  Nordhaven Shipping | EMEA | Rotterdam
  Oakfield Furniture | AMER | Grand Rapids
  Osprey Outdoor | AMER | Salt Lake City
  Pacific Crest Apparel | AMER | Los Angeles
  Portside Cold Storage | AMER | Savannah
  Quarry Lane Ceramics | AMER | Trenton
  Redwood Parcel | AMER | Sacramento
  Silverline Electronics | APAC | Penang
  Southern Cross Timber | APAC | Brisbane
  Tidewater Packaging | AMER | Norfolk
  Umbra Cosmetics | AMER | Newark
  Valverde Produce | AMER | Fresno
  Westbrook Medical | AMER | Rochester
  Yarrow Home Goods | AMER | Nashville
  Zephyr Cycles | APAC | Taichung`)

export const firstNames = list(`
  Amelia, Andre, Beatrix, Caleb, Camila, Chidi, Clara, Darius, Elena, Emeka, Farah, Felix, Freya, Gustavo, Hana, Hugo,
  Imani, Isaac, Jasmine, Jonas, Kamal, Keiko, Leila, Lucas, Maeve, Mateo, Mina, Nadia, Noah, Olga, Oscar, Paula, Quentin,
  Rafael, Rosa, Samir, Sofia, Stefan, Tara, Theo, Uma, Victor, Wanda, Yusuf, Zoe`)

export const lastNames = list(`
  Abbott, Alvarez, Bergstrom, Boateng, Castillo, Chandra, Cho, Dalton, Dubois, Eriksen, Fontaine, Fischer, Garner, Haddad,
  Hoffmann, Ito, Jansen, Kaplan, Keller, Kimura, Laurent, Lopez, Mbeki, Mendes, Moreau, Nakamura, Novak, Okafor, Osborne,
  Patel, Petrov, Quinn, Rossi, Salazar, Schmidt, Silva, Sorensen, Tanaka, Thornton, Usman, Vargas, Walsh, Weaver, Yilmaz,
  Zhang, Ziegler, Marsh`)

export const jobTitles = list(`
  Head of Logistics, Plant Manager, Operations Director, Procurement Manager, Automation Engineer, Warehouse Manager,
  Chief Operating Officer, Head of Production, Maintenance Lead, Supply Chain Analyst, Finance Director`)

export const contactRoles = list('Decision maker, Champion, Procurement, Technical buyer, End user')
export const campaigns = list('spring-webinar, automate-fair, payback-calculator, partner-day')

export const phones: Record<Region, string> = {
  AMER: '+1 614 555 01{nn}',
  EMEA: '+44 20 7946 09{nn}',
  APAC: '+61 2 5550 12{nn}',
}

export const backwardNotes = list(`
  The scope changed., Their new plant manager wants to see the figures again., The budget owner left.`)

export const reopenedNotes = list(`
  They called us back., Their budget was approved after all., The project is on again.`)

const sales: PipelineWords = {
  name: 'Sales',
  open: [
    {
      name: 'Lead',
      probability: 10,
      rottingDays: 14,
      notes: list(
        'Asked for a call back., Wants to see a reference site., Knows us from the fair.',
      ),
      nextSteps: list('Find out who decides, Ask about their volumes, Send the reference video'),
    },
    {
      name: 'Qualified',
      probability: 25,
      rottingDays: 21,
      notes: list(
        'Budget is planned for this year., They run two shifts., The plant manager likes it.',
      ),
      nextSteps: list('Visit the site, Measure the aisles, Test their parts in our lab'),
    },
    {
      name: 'Proposal',
      probability: 50,
      rottingDays: 30,
      notes: list(
        'Sent with two options., Their safety officer reviews it., They compare three offers.',
      ),
      nextSteps: list(
        'Walk them through it, Add the service contract, Answer the safety questions',
      ),
    },
    {
      name: 'Negotiation',
      probability: 75,
      rottingDays: 21,
      notes: list(
        'They want longer payment terms., Legal has it., Only the delivery date is open.',
      ),
      nextSteps: list(
        'Agree on the delivery date, Get it back from legal, Confirm the payment terms',
      ),
    },
  ],
  won: 'Won',
  lost: 'Lost',
  wonReasons: list('Shortest payback, Successful pilot, Service nearby, Reference customer, Price'),
  lostReasons: list(
    'Price, Chose a competitor, No budget this year, Project postponed, No decision',
  ),
  sources: list('Referral, Cold call, Trade fair, Website, Partner, Webinar'),
  offers: offers(`
    {n} picking robots | 31000 | 18 | ONE_TIME | Piece picking in the {site} warehouse, beside the people there.
    {n} autonomous forklifts | 74000 | 8 | ONE_TIME | From the dock to the racks of the {site} warehouse, day and night.
    robot arm for machine tending | 62000 | 1 | ONE_TIME | A six-axis robot arm that loads two mills in {site}.
    robot arm for packing | 55000 | 1 | ONE_TIME | A robot arm with a vacuum gripper for the packing line in {site}.
    palletizing cell | 148000 | 1 | ONE_TIME | Mixed cases onto pallets, 14 a minute, at the plant in {site}.
    warehouse shuttle system | 460000 | 1 | ONE_TIME | Four aisles with 9,000 places for the new hall in {site}.
    vision inspection | 88000 | 1 | ONE_TIME | Cameras and a reject station that find scratches and wrong labels.
    welding cell retrofit | 126000 | 1 | ONE_TIME | New controllers and seam tracking for the welding cell in {site}.
    bin-picking pilot | 24000 | 1 | ONE_TIME | Eight weeks with one robot arm and their own parts in {site}.
    fleet software for {n} robots | 190 | 40 | MONTHLY | Traffic control and reports, whoever made the robots.`),
}

const renewals: PipelineWords = {
  name: 'Renewals',
  open: [
    {
      name: 'Upcoming',
      probability: 60,
      rottingDays: 30,
      notes: list('The contract ends next quarter., They doubled their shifts since last year.'),
      nextSteps: list('Review the service log, Ask for their plans for next year'),
    },
    {
      name: 'Contacted',
      probability: 70,
      rottingDays: 21,
      notes: list('Happy with the response times., They ask for a longer term.'),
      nextSteps: list('Prepare the quote, Offer the three-year term'),
    },
    {
      name: 'Quote sent',
      probability: 85,
      rottingDays: 21,
      notes: list('The quote is with procurement., Their finance answers this week.'),
      nextSteps: list('Call procurement, Remind them of the end date'),
    },
  ],
  won: 'Renewed',
  lost: 'Churned',
  wonReasons: list('Good service, Longer term, Price'),
  lostReasons: list('Line closed down, Service in-house, Price'),
  sources: list('Existing customer'),
  offers: offers(`
    service contract | 18000 | 1 | ANNUAL | Two visits a year, parts included, a technician in {site} within a day.
    spare parts plan | 3400 | 1 | QUARTERLY | Grippers, belts and batteries on the shelf in {site}.
    remote support | 1250 | 1 | MONTHLY | Someone who answers day and night and looks into every robot arm from afar.
    fleet software for {n} robots | 2100 | 30 | ANNUAL | Traffic control for the warehouse in {site}, another year.`),
}

export const pipelines = [sales, renewals]

function list(text: string): string[] {
  return text.split(',').map((word) => word.trim())
}

function table(text: string): string[][] {
  const lines = text.trim().split('\n')
  return lines.map((line) => line.split('|').map((cell) => cell.trim()))
}

function offers(text: string): Offer[] {
  return table(text).map(([name = '', price, most, valuePeriod = '', description = '']) => ({
    name,
    price: Number(price),
    most: Number(most),
    valuePeriod,
    text: description,
  }))
}
